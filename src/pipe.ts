import { readPipeConfig } from './process/pipe-config.ts';
import { runPipe } from './process/pipe.ts';

// `flow __pipe`: small and quick to start, because every step with secrets starts one.
const config = readPipeConfig(process.env);
if (config === null) {
  console.error('flow: __pipe is started by flow itself');
  process.exitCode = 2;
} else {
  process.umask(0o077);
  await runPipe(config);
}
