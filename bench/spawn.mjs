// Milliseconds per start of a detached process with its output in a file: node:child_process against execa.
// node bench/spawn.mjs [starts per round]; see docs/decisions/0002-lean-spawn.md
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { cpus } from 'node:os';
import { execa } from 'execa';

const starts = Number(process.argv[2] ?? 200);
const rounds = 5;
const out = openSync('/dev/null', 'w');
const argv = ['-c', 'exit 0'];

async function viaNode() {
  const child = spawn('/bin/sh', argv, { env: process.env, detached: true, stdio: ['ignore', out, out] });
  return once(child, 'exit');
}

async function viaExeca() {
  const options = { extendEnv: false, env: process.env, detached: true, cleanup: false, buffer: false };
  return execa('/bin/sh', argv, { ...options, stdio: ['ignore', out, out], reject: false });
}

/** Wall and own CPU time per start, in ms. */
async function measure(start) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < starts; i++) await start();
  const { user, system } = process.cpuUsage(cpu);
  return [(performance.now() - wall) / starts, (user + system) / 1000 / starts];
}

const ways = { 'node:child_process': viaNode, execa: viaExeca };
const results = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (const start of Object.values(ways)) await start();
for (let round = 0; round < rounds; round++) {
  for (const [name, start] of Object.entries(ways)) results[name].push(await measure(start));
}
closeSync(out);
console.log(`node ${process.version}, ${cpus().length} cores, ${rounds} rounds of ${starts}, medians`);
for (const [name, samples] of Object.entries(results)) {
  const median = (at) =>
    samples
      .map((sample) => sample[at])
      .sort((a, b) => a - b)
      [Math.floor(rounds / 2)].toFixed(2);
  console.log(`${name.padEnd(20)} ${median(0)} ms per start, of which ${median(1)} ms are CPU of the caller`);
}
