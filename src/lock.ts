import { flowHome } from './base/paths.ts';
import { FlowError } from './errors/diagnostic.ts';
import { openLocks } from './store/sqlite/lock.ts';

// `flow __lock HOME NAME`: holds a lock for the self-test of `flow doctor`, until it is killed or its input ends.
const [home, name] = process.argv.slice(3);
if (home === undefined || name === undefined) {
  console.error('flow: __lock is started by flow itself');
  process.exitCode = 2;
} else {
  process.umask(0o077);
  hold(home, name);
}

function hold(root: string, lock: string): void {
  const locks = openLocks({ home: flowHome(root) });
  try {
    locks.hold(lock);
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
    return;
  }
  console.log('held');
  process.stdin.resume().on('end', () => locks.release());
}
