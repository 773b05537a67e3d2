import { systemClock } from './base/clock.ts';
import { candidates } from './cli/complete/candidates.ts';
import { asTyped, shellLine } from './cli/complete/shell-line.ts';
import type { Host } from './cli/host.ts';
import { NOWHERE } from './term/sink.ts';

// `flow __complete words WORD...` and `flow __complete line BREAKS LINE` are called by the scripts of `flow completion`.
// The first prints a candidate a line with its description behind a tab, the second what bash puts in. Whatever is
// wrong, nothing is printed and the exit code is 0: nobody wants to read an error in the middle of a line.

try {
  process.umask(0o077);
  const lines = await answers(process.argv.slice(3));
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
} catch {
  // See above.
}

async function answers([form, ...rest]: readonly string[]): Promise<string[]> {
  const host = hostHere();
  if (form === 'words') {
    const found = await candidates(host, rest.slice(0, -1), rest.at(-1) ?? '');
    return found.map(({ value, description }) => `${value}\t${description.replaceAll(/\s+/g, ' ')}`);
  }
  const [breaks = '', text = ''] = rest;
  const line = shellLine(text, breaks);
  const found = await candidates(host, line.words.slice(1), line.last);
  return found.map(({ value }) => asTyped(value, line));
}

function hostHere(): Host {
  return {
    clock: systemClock,
    env: process.env,
    cwd: process.cwd(),
    out: NOWHERE,
    err: NOWHERE,
    umask: 0o077,
    progress: { run: null },
    onSignal: () => () => undefined,
    readInput: () => Promise.resolve(''),
  };
}
