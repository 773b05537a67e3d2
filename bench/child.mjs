// Runs a command as a CI job would, its output in /dev/null, and tells what it took.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const FLOW = fileURLToPath(new URL('../bin/flow.js', import.meta.url));
const HOOK = fileURLToPath(new URL('own-usage.mjs', import.meta.url));

/** /proc counts CPU in ticks of 10 ms on every Linux that Node runs on (USER_HZ). */
const MS_PER_TICK = 10;

/** CPU of all children of this process that have ended, and of theirs, in ms. */
function childrenCpu() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) * MS_PER_TICK;
}

/**
 * Wall time of a command in ms, and the CPU of it and of every descendant that was waited for.
 * @throws when it ends with another exit code than those expected.
 */
export async function timed(command, args, { cwd, env = process.env, codes = [0] } = {}) {
  const before = childrenCpu();
  const begin = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2000)));
  const [code, signal] = await once(child, 'exit');
  const wall = performance.now() - begin;
  if (!codes.includes(code)) throw new Error(`${command} ${args.join(' ')}: ${signal ?? code}: ${said}`);
  return { wall, treeCpu: childrenCpu() - before, pid: child.pid };
}

export const bareNode = () => timed(process.execPath, ['-e', '0']);

/** flow in a home of its own. No setting of the person who measures may reach it. */
export function flowEnvironment(home) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(FLOW_|CI$|NODE_OPTIONS$)/.test(name));
  const own = { FLOW_HOME: home, XDG_CONFIG_HOME: `${home}.config`, FLOW_DEFAULT_SHELL: '/bin/sh' };
  return { ...Object.fromEntries(kept), ...own };
}

export function flow(home, args, options = {}) {
  return timed(process.execPath, [FLOW, ...args], { ...options, env: flowEnvironment(home) });
}

/** Like `flow`, and what the process of flow itself used: CPU in ms, peak memory in MB, bytes written. */
export async function flowWithUsage(home, args, options = {}) {
  const to = `${home}.usage`;
  const env = {
    ...flowEnvironment(home),
    NODE_OPTIONS: `--import=${HOOK}`,
    FLOW_BENCH_USAGE: to,
  };
  const taken = await timed(process.execPath, [FLOW, ...args], { ...options, env });
  const file = `${to}.${taken.pid}`;
  const own = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  return { ...taken, own };
}

/** Wall time in ms until flow prints `text`; waits for its end. */
export async function flowUntil(home, args, text, { codes = [0] } = {}) {
  const begin = performance.now();
  const child = spawn(process.execPath, [FLOW, ...args], {
    env: flowEnvironment(home),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let [printed, wall] = ['', null];
  child.stdout.on('data', (chunk) => {
    if (wall !== null) return;
    printed += chunk;
    if (printed.includes(text)) wall = performance.now() - begin;
  });
  const [code] = await once(child, 'close');
  if (!codes.includes(code) || wall === null) throw new Error(`flow ${args.join(' ')}: ${code}: ${printed}`);
  return { wall };
}

/** A folder for homes: each call of the function it returns names one that does not exist yet. */
export function homesIn(place) {
  let count = 0;
  return () => join(place, `home-${++count}`);
}
