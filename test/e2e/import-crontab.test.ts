import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BIN, place, type Place } from '../support/flow.ts';

const CRONTAB = `# Edit this file to introduce tasks to be run by cron.
# m h  dom mon dow   command
MAILTO=ops@example.com
PATH=$HOME/bin:/usr/bin:/bin

*/5 * * * *   /usr/local/bin/poll.sh --all >/dev/null 2>&1
30 2 * * 1-5  cd /srv && python3 /opt/etl/nightly.py --day=$(date +\\%F)
@daily        echo 'of $\{env.HOME}' "in $\{HOME}"
@reboot       /usr/bin/start-all
0 9 * * mon   cat%Dear all,%%100\\% done
CRON_TZ=Europe/Berlin
RANDOM_DELAY=10
SHELL=/bin/bash
0 25 * * *    broken
0 3 * * *     poll --once; false; echo done
`;

const FILES = ['cat.yaml', 'echo.yaml', 'flow.schema.json', 'nightly.yaml', 'poll-2.yaml', 'poll.yaml'];

/** A program of that name on the PATH of flow. */
function program(at: Place, name: string, text: string): { env: Record<string, string> } {
  chmodSync(at.write(`bin/${name}`, `#!/bin/sh\n${text}\n`), 0o755);
  return { env: { PATH: `${join(at.dir, 'bin')}:${process.env['PATH'] ?? ''}` } };
}

describe('flow import crontab', () => {
  test('makes a valid DAG of each job, and tells what has no place in one', async () => {
    const at = place();
    at.write('my.crontab', CRONTAB);
    const { code, stdout, stderr } = await at.flow(['import', 'crontab', 'my.crontab']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').filter((line) => /^(my\.crontab:|wrote)/.test(line))).toEqual([
      'my.crontab:3:1: warning[W001] flow sends no mail; output goes to logs',
      'my.crontab:9:1: error[E020] "@reboot" is not supported',
      'my.crontab:14:3: error[E020] hour "25" must be 0-23',
      'wrote dags/poll.yaml  line 6: */5 * * * *',
      'wrote dags/nightly.yaml  line 7: 30 2 * * 1-5',
      'wrote dags/echo.yaml  line 8: @daily',
      'wrote dags/cat.yaml  line 10: 0 9 * * mon',
      'wrote dags/poll-2.yaml  line 15: 0 3 * * *',
      'wrote dags/flow.schema.json',
    ]);
    expect(readdirSync(join(at.dir, 'dags')).sort()).toEqual(FILES);
    expect(await at.flow(['validate', 'dags', '--strict'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(at.read('dags/poll-2.yaml')).toBe(`# yaml-language-server: $schema=./flow.schema.json
# Line 15 of my.crontab:
#   0 3 * * *     poll --once; false; echo done
schedule: 0 3 * * *
timezone: Europe/Berlin             # CRON_TZ
jitter_sec: 600                     # RANDOM_DELAY
overlap_policy: skip                # cron would start a second run beside one that lasts
working_dir: "~"
dotenv: []                          # cron reads no .env file
# Values as cron has them, which expands nothing; SHELL and PATH are its own unless the crontab sets them.
env:
  SHELL: /bin/bash
  PATH: \\$HOME/bin:/usr/bin:/bin
  MAILTO: ops@example.com
# The step names its shell: so the command goes on after an error, as under cron.
steps:
  - name: poll-2
    with:
      shell: /bin/bash
    run: poll --once; false; echo done
`);
    const ticks = await at.flow(['schedule', 'dags', '--next', '50', '--from', '2037-03-30T00:50:00Z']);
    expect(ticks.stdout).toMatch(/03:00 +Europe\/Berlin .* poll-2 /);
  });

  test('writes over nothing: one file that exists, and none is written', async () => {
    const at = place();
    at.write('my.crontab', '@daily one\n@daily two\n@daily three\n');
    at.write('jobs/two.yml', 'mine');
    at.write('jobs/three.yaml', 'mine, too');
    const refused = await at.flow(['import', 'crontab', 'my.crontab', '--dir', 'jobs']);
    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error[S018] jobs/two.yml, jobs/three.yaml exist already\n' +
        'hint: nothing was written; give another folder: --dir DIR\n',
    });
    expect(readdirSync(join(at.dir, 'jobs')).sort()).toEqual(['three.yaml', 'two.yml']);
    expect([at.read('jobs/two.yml'), at.read('jobs/three.yaml')]).toEqual(['mine', 'mine, too']);
  });

  test('a folder that cannot be is one clear line', async () => {
    const at = place();
    at.write('my.crontab', '@daily one\n');
    at.write('file', '');
    const { code, stderr } = await at.flow(['import', 'crontab', 'my.crontab', '--dags', 'file']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[S018\] cannot write file\/one\.yaml: .+\n$/);
    expect(at.read('file')).toBe('');
  });

  test('--dry-run prints the files and writes none', async () => {
    const at = place();
    at.write('my.crontab', CRONTAB);
    const { code, stdout, stderr } = await at.flow(['import', 'crontab', 'my.crontab', '--dry-run', '-q']);
    expect([code, existsSync(join(at.dir, 'dags'))]).toEqual([0, false]);
    expect(stdout.match(/^# dags\/.+$/gm)).toEqual([
      ...[
        '# dags/poll.yaml',
        '# dags/nightly.yaml',
        '# dags/echo.yaml',
        '# dags/cat.yaml',
        '# dags/poll-2.yaml',
      ],
    ]);
    expect(stderr.match(/\[[A-Z]\d+\]/g)).toEqual(['[E020]', '[E020]']);
  });

  test('reads what `crontab -l` prints, or standard input', async () => {
    const at = place();
    const options = program(at, 'crontab', `test "$*" = -l && echo '@hourly tidy /tmp'`);
    const listed = await at.flow(['import', 'crontab'], options);
    expect([listed.code, listed.stderr]).toEqual([
      0,
      expect.stringContaining('wrote dags/tidy.yaml  line 1'),
    ]);
    const env = { ...options.env, HOME: at.dir, FLOW_HOME: at.home };
    const piped = spawnSync(process.execPath, [BIN, 'import', 'crontab', '-', '--dags', 'piped'], {
      ...{ cwd: at.dir, env, encoding: 'utf8', input: '@weekly sweep' },
    });
    expect([piped.status, piped.stderr]).toEqual([0, expect.stringContaining('wrote piped/sweep.yaml')]);
  });

  test('without a crontab it says where one could come from', async () => {
    const at = place();
    const hint = 'hint: name a file: `flow import crontab FILE`, or - for standard input\n';
    const missing = await at.flow(['import', 'crontab'], { env: { PATH: join(at.dir, 'bin') } });
    const none = await at.flow(
      ['import', 'crontab'],
      program(at, 'crontab', 'echo "no crontab for ada" >&2; exit 1'),
    );
    expect([missing, none]).toEqual([
      { code: 1, stdout: '', stderr: `error[E021] crontab -l failed: there is no such program\n${hint}` },
      { code: 1, stdout: '', stderr: `error[E021] crontab -l failed: no crontab for ada\n${hint}` },
    ]);
    at.write('empty', '# nothing\nA=1\n');
    at.write('lost', '@reboot x\nSHELL=/usr/bin/fish\n@daily cat%x\nSHELL=""\n@daily x\n');
    const outcomes = await Promise.all(
      ['empty', 'lost', 'nowhere'].map((file) => at.flow(['import', 'crontab', file])),
    );
    expect(outcomes.map(({ code, stderr }) => [code, /error\[E021\] .*/.exec(stderr)?.[0]])).toEqual([
      [1, 'error[E021] nothing to import from empty: it has no job'],
      [1, 'error[E021] nothing to import from lost: no job of it can become a DAG'],
      [2, 'error[E021] nowhere: no such file'],
    ]);
    expect(outcomes[1]?.stderr.match(/\[E020\] .*/g)).toEqual([
      '[E020] "@reboot" is not supported',
      '[E020] what stands behind % cannot be given to a shell of this kind',
      '[E020] the job makes no valid DAG: steps[0].with.shell: invalid shell "", it needs a program',
    ]);
  });

  test('--system knows the user of each line', async () => {
    const at = place();
    const me = userInfo().username;
    at.write('system', `17 * * * * ${me} mine\n18 * * * * nobody-else theirs\n`);
    const { code, stderr } = await at.flow(['import', 'crontab', 'system', '--system']);
    expect(code).toBe(1);
    expect(stderr).toContain(`the job runs as nobody-else, flow runs all as ${me}`);
    expect(readdirSync(join(at.dir, 'dags')).sort()).toEqual(['flow.schema.json', 'mine.yaml']);
  });
});

/** Of a line: what stands in the crontab, what the shell gets of it, and its standard input. */
type Case = readonly [line: string, command: string, input: string];

/** Percent signs need a backslash in a crontab; all else stands there as it is. */
const same = (command: string): Case => [command.replaceAll('%', '\\%'), command, ''];

const COMMANDS: readonly Case[] = [
  same(`echo 'of \${env.HOME} and \${params.x}, \${params}' "\${HOME}" \${HOME:-none}`),
  same(`printf '%s\\n' '\${run.id}' '\\\${run.id}' '\\\\\${run.id}' '\${ITEM.a} \${consts.dollar}'`),
  same(`echo "\\$HOME \\\\$HOME \\\\\\$HOME" '\\$HOME' $$HOME | sed 's/[0-9]//g'`),
  same('false; echo "after an error: $?"; exit 3'),
  same(`a=1; a=$((a + 1)); echo "$a: yes # no" && echo \`echo back\` # a comment: really`),
  same(`  echo "- * & ! | > [x] {y: z}" 'it'"'"'s' "tab\there"  `),
  same(`awk 'BEGIN { x = "$1"; print x "{{" "}}" }'; echo "\${steps.a.outputs.b}" 2>&1 || true`),
  same(`pwd; echo "$PATH" "$SHELL" "$ODD" "$QUOTED" "$LAST"; read line; echo "[$line] $?"`),
  same(`echo "ünï \u2028 \u{1f600} \u00a0." >&2; echo "*/\\n"; echo "$#" "$@"`),
  same(`echo yes; echo no: "null" ~ ; echo >&2 '%YAML'`),
  ['echo \\%d \\\\\\% "100\\%"', 'echo %d \\\\% "100%"', ''],
  [
    'cat%one%%  two \\% three%END%\${env.HOME} $HOME \`x\` \\\${run.id}',
    'cat',
    'one\n\n  two % three\nEND\n${env.HOME} $HOME `x` \\${run.id}\n',
  ],
  ['false; sed s/^/-/ # all%a\\b%', 'false; sed s/^/-/ # all', 'a\\b\n'],
  ['cat; echo "\\%"; exit 4%', 'cat; echo "%"; exit 4', ''],
];

describe('what an imported DAG does', () => {
  test('is what /bin/sh does with the command, in its directory, environment, input and result', async () => {
    const at = place();
    const settings =
      "ODD=a\\$b$HOME'$c'\nQUOTED=\"  '$SHELL' ${env.HOME} \"\nLAST = \\${params.x} \\\\$PATH\n";
    const variables = {
      ...{ ODD: "a\\$b$HOME'$c'", QUOTED: "  '$SHELL' ${env.HOME} ", LAST: '\\${params.x} \\\\$PATH' },
      ...{ SHELL: '/bin/sh', PATH: '/usr/bin:/bin', HOME: at.dir },
    };
    at.write('.env', 'ODD=of a .env file\n');
    at.write('nasty', settings + COMMANDS.map(([line]) => `0 0 * * * ${line}\n`).join(''));
    const imported = await at.flow(['import', 'crontab', 'nasty']);
    expect(imported.code, imported.stderr).toBe(0);
    const files = [...imported.stderr.matchAll(/^wrote (.*) {2}line/gm)].map(([, file]) => file ?? '');
    expect(files.length).toBe(COMMANDS.length);
    for (const [i, [line, command, input]] of COMMANDS.entries()) {
      const sh = { cwd: at.dir, env: variables, input, encoding: 'utf8' } as const;
      const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', command.trimStart()], sh);
      const run = await at.flow(['run', files[i] ?? '', '--run-id', `r-${i}`]);
      const log = (end: string): string => at.read(`home/logs/r-${i}/1.1.${end}`);
      expect([line, log('out'), log('err')]).toEqual([line, stdout, stderr]);
      expect([line, run.code]).toEqual([line, status === 0 ? 0 : 1]);
      if (status !== 0) expect(run.stderr).toContain(`exit code ${status}`);
    }
  });
});
