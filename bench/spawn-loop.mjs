// The floor for anything that Node starts: COUNT shells, at most AT_ONCE at a time, nothing recorded.
// node bench/spawn-loop.mjs COUNT AT_ONCE
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { COMMAND } from './shapes.mjs';

let left = Number(process.argv[2]);
const lanes = Array.from({ length: Number(process.argv[3]) }, async () => {
  while (left-- > 0) await once(spawn('/bin/sh', ['-c', COMMAND], { stdio: 'ignore' }), 'exit');
});
await Promise.all(lanes);
