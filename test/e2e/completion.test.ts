import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { place, type Place } from '../support/flow.ts';
import { SHELLS, shellWith } from '../support/shells.ts';

const ETL = `description: moves what is new
steps:
  - {id: extract, run: echo 1}
  - {name: deploy eu, depends: extract, run: "false"}
  - {name: "load:eu", depends: extract, run: echo}
  - {name: "load:us", depends: extract, run: echo}
  - {id: each, foreach: {items: [eu], key: "\${foreach.item}", steps: [{id: copy, run: echo}]}}
handler_on: {exit: {run: echo}}
`;

/** A DAG folder and one failed run, \`r-1\`. */
async function withRun(at: Place): Promise<void> {
  at.write('dags/etl.yaml', ETL);
  expect((await at.flow(['run', 'etl', '--run-id', 'r-1'])).code).toBe(1);
}

describe.for(SHELLS)('completion in %s', (shell) => {
  const missing = spawnSync(shell, ['-c', ':']).error !== undefined;

  test('names commands, options, choices, DAGs, runs and steps', async ({ skip }) => {
    skip(missing, `${shell} is not installed`);
    const at = place();
    await withRun(at);
    at.write('other.yaml', 'steps: [{run: echo}]');
    at.write('jobs/night.yaml', 'steps: [{run: echo}]');
    const offered = shellWith(at, shell);
    expect(await offered('flow ru')).toEqual(['run']);
    expect(await offered('flow db ')).toEqual(['path', 'check', 'backup', 'migrate', 'prune']);
    expect(await offered('flow run --on')).toEqual(['--only', '--on-failure']);
    expect(await offered('flow run --on-failure ')).toEqual(['continue', 'drain', 'kill']);
    expect(await offered('flow completion ')).toEqual(['bash', 'zsh', 'fish']);
    expect(await offered('flow run ')).toEqual(['etl', 'other.yaml']);
    expect(await offered('flow run jobs/')).toEqual(['jobs/night.yaml']);
    expect(await offered('flow run --dags jobs ni')).toEqual(['night']);
    expect(await offered('flow validate ~/jo')).toEqual([shell === 'zsh' ? 'jobs/' : '~/jobs/']);
    expect(await offered('flow status ')).toEqual(['last', 'r-1', 'etl']);
    expect(await offered('flow logs r-1 ex')).toEqual(['extract']);
    expect(await offered('flow resume --from ea')).toEqual(['each']);
    expect(await offered('flow status --home elsewhere ')).toEqual([]);
  });

  test('quotes what a shell would take apart', async ({ skip }) => {
    skip(missing, `${shell} is not installed`);
    const at = place();
    await withRun(at);
    const offered = shellWith(at, shell);
    const words = { bash: ['deploy\\ eu', 'eu', 'us'], zsh: ['deploy eu'], fish: ['deploy eu'] }[shell];
    const [plain, ...behindColon] = words;
    expect(await offered('flow run etl --from d')).toEqual([plain]);
    expect(await offered('flow run etl --from "d')).toEqual(['deploy eu']);
    expect(await offered('flow logs last load:')).toEqual(
      behindColon.length > 0 ? behindColon : ['load:eu', 'load:us'],
    );
  });
});

describe('flow __complete', () => {
  const words = async (at: Place, ...line: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await at.flow(['__complete', 'words', ...line]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.split('\n').slice(0, -1);
  };

  test('describes runs by their DAG and state, steps by what became of them', async () => {
    const at = place();
    await withRun(at);
    const [last, run, dag] = await words(at, 'status', '');
    expect(last).toMatch(/^last\tetl, failed, /);
    expect(run).toMatch(/^r-1\tetl, failed, /);
    expect(dag).toBe('etl\tthe newest run of etl');
    expect(await words(at, 'why', 'last', '')).toEqual([
      'extract\tsucceeded',
      'deploy eu\tfailed',
      'load:eu\tsucceeded',
      'load:us\tsucceeded',
      'each\tsucceeded',
      'copy[eu]\tsucceeded',
      'onExit\tsucceeded',
    ]);
    // What to go on from is a step of the file.
    expect((await words(at, 'resume', '--from', '')).map((line) => line.split('\t')[0])).toEqual([
      'extract',
      'deploy eu',
      'load:eu',
      'load:us',
      'each',
    ]);
  });

  test('knows the line: options with values, what was given, and what stands behind --', async () => {
    const at = place();
    at.write('dags/etl.yaml', ETL);
    expect(await words(at, '-q', '--home', 'x', 'run', '-j', '2', 'e')).toEqual(['etl\tdags/etl.yaml']);
    expect(await words(at, 'run', '-j4', '--jobs=2', '--', 'e')).toEqual(['etl\tdags/etl.yaml']);
    expect(await words(at, 'start', 'etl', '--only=ex')).toEqual(['--only=extract\t']);
    expect(await words(at, 'run', '--strict', '--stri')).toEqual([]);
    expect(await words(at, 'run', '--label', 'a', '--lab')).toEqual([
      '--label\ta label of the run (repeatable)',
    ]);
    expect(await words(at, 'run', '--', '--stri')).toEqual([]);
    expect(await words(at, 'run', 'etl', '')).toEqual([]);
    expect(await words(at, 'validate', 'dags', 'e')).toEqual(['etl\tdags/etl.yaml']);
    expect(await words(at, 'help', 'db', 'pa')).toEqual(['path\tprint the path of the database']);
    expect(await words(at, 'history', '--status', 'int')).toEqual(['interrupted\t']);
  });

  test('says nothing where something is wrong, and leaves nothing behind', async () => {
    const at = place();
    at.write('dags/bad.yaml', 'steps: [');
    expect(await words(at)).toContain('run	run a DAG in the foreground');
    expect(await words(at, 'nope', '')).toEqual([]);
    expect(await words(at, 'run', 'bad', '--from', '')).toEqual([]);
    expect(await words(at, 'run', 'gone', '--from', '')).toEqual([]);
    expect(await words(at, 'status', '')).toEqual([]);
    expect(existsSync(at.home)).toBe(false);
    at.write('home/flow.db', 'this is no database');
    expect(await words(at, 'status', '')).toEqual([]);
    expect(readdirSync(at.home)).toEqual(['flow.db']);
    at.write('flow.config.yaml', 'nope: 1');
    expect(await words(at, 'run', '')).toEqual([]);
  });
});
