// What the figures were taken on. Without it a figure is a rumour.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, tmpdir, type } from 'node:os';

/** The kind of the file system that a folder is on, as GNU stat names it. */
function fileSystem(folder) {
  return execFileSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' }).trim();
}

export function machine() {
  return {
    node: process.version,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memory_gb: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    file_system: fileSystem(tmpdir()),
    load: loadavg().map((load) => Math.round(load * 100) / 100),
  };
}
