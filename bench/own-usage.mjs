// Loaded into flow by NODE_OPTIONS: writes what the process itself has used, its children not counted, when it ends.
// From inside, because a parent learns the CPU of a child only together with that of all its descendants, and the peak
// memory that wait4(2) reports begins with that of the process which forked. Linux: reads /proc/self (proc(5)).
import { readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  const kb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  const wchar = Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
  const usage = { cpu: (userCPUTime + systemCPUTime) / 1000, mb: kb / 1024, wchar };
  writeFileSync(`${process.env.FLOW_BENCH_USAGE}.${process.pid}`, JSON.stringify(usage));
});
