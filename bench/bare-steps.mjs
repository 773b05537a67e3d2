// The least that steps cost whose promises hold: the shells and files of RELIABILITY.md §3.7 and one durable commit for
// those that ended together, with nothing decided, read or told. node bare-steps.mjs FOLDER COUNT AT-ONCE
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { COMMAND } from './shapes.mjs';
import { openDatabase } from './sqlite.mjs';

const [folder, count, atOnce] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
/** Of those at once, how many end before they are committed; the others run meanwhile. */
const TOGETHER = Math.ceil(atOnce * 0.75);

mkdirSync(folder);
const db = await openDatabase(join(folder, 'steps.db'));
db.exec('pragma journal_mode = wal; pragma synchronous = full');
db.exec('create table step (number integer primary key, state text, at integer, text text)');
db.exec('create table event (seq integer primary key autoincrement, step integer, text text)');
const insert = db.prepare('insert into step values (?, ?, ?, ?)');
const update = db.prepare('update step set state = ?, at = ? where number = ?');
const tell = db.prepare('insert into event (step, text) values (?, ?)');
const ROW = 'x'.repeat(300);

let [next, done] = [0, 0];
const idle = Array.from({ length: atOnce }, startShell);
let ended = [];
let running = 0;
record();

function startShell() {
  const child = spawn('/bin/sh', [], { cwd: '/', detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.write('umask 077\ntrap : 1 2 3 15\n');
  const shell = { child, step: null };
  child.stdout.on('data', () => {
    running -= 1;
    ended.push(shell);
    if (ended.length >= TOGETHER || running === 0) setImmediate(record);
  });
  return shell;
}

/** Commits what has ended and what begins now, then begins it. */
function record() {
  if (ended.length === 0 && idle.length === 0) return;
  const free = [...ended, ...idle.splice(0)];
  done += ended.length;
  db.exec('begin immediate');
  for (const { step } of ended) {
    update.run('succeeded', Date.now(), step);
    tell.run(step, ROW);
  }
  ended = [];
  const starting = free.slice(0, count - next);
  for (const shell of starting) {
    shell.step = next++;
    insert.run(shell.step, 'running', Date.now(), ROW);
    tell.run(shell.step, ROW);
  }
  db.exec('commit');
  for (const { child, step } of starting) {
    running += 1;
    child.stdin.write(textOf(join(folder, `${step}`)));
  }
  if (done < count) return;
  db.close();
  process.exit();
}

function textOf(dir) {
  mkdirSync(dir, 0o700);
  return `{ (
set -C
true > '${dir}/out' || exit 71
true > '${dir}/err' || exit 72
echo 'pid 1 1' > '${dir}/claim' || exit 75
echo > '${dir}/exit'
true > '${dir}/outputs'
set +C
cd / || exit 126
export STEP='${dir}'
exec /bin/sh -c '${COMMAND}' </dev/null >>'${dir}/out' 2>>'${dir}/err'
)
set -- "$?"
echo "$1" 1<> '${dir}/exit'; echo "ended $1"
}
`;
}
