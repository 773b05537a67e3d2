// Starts `flow scheduler` and looks at it from outside.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { FLOW, flowEnvironment } from './child.mjs';

const TICKS_PER_SECOND = 100;

/** Starts the daemon on a folder of DAGs; resolves when it is ready, with the ms that took. */
export async function startDaemon(home, folder) {
  const begin = performance.now();
  const child = spawn(process.execPath, [FLOW, 'scheduler', '--dags', folder], {
    env: flowEnvironment(home),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  await new Promise((ready, fail) => {
    child.stderr.on('data', (chunk) => {
      log = (log + chunk).slice(-10_000);
      if (log.includes('scheduler ready')) ready();
    });
    child.on('exit', (code) => fail(new Error(`the daemon ended with ${code}: ${log}`)));
  });
  return { child, ms: performance.now() - begin };
}

export async function endDaemon(child) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Memory in MB, now and at its peak, and CPU in s of a living process (proc(5)). */
export function usageOf({ pid }) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
  const cpu = (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND;
  return { cpu, mb: mb('VmRSS'), peakMb: mb('VmHWM') };
}
