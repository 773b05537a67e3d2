import { expect, test } from 'vitest';
import { loadFile } from '../../src/machine/load-file.ts';
import { filterProblem } from '../../src/actions/jq-filter.ts';

/** Codes of what is found, each with the text that it is shown under. */
async function found(text: string): Promise<string[]> {
  const { dag, diagnostics } = await loadFile({ file: 'dag.yaml', bytes: new TextEncoder().encode(text) });
  expect(dag === null).toBe(diagnostics.length > 0);
  return diagnostics.map(({ code, span }) => `${code} ${text.slice(span?.start, span?.end)}`);
}

const jq = (filter: string): string =>
  `{action: jq.filter, with: {data: 1, filter: ${JSON.stringify(filter)}}}`;

test('§19 a literal filter that does not compile is E703, among the other problems in their order', async () => {
  expect(await found(`steps: [${jq('.a |')}, {run: x, nmae: y}, ${jq('.a')}, ${jq('.a |')}]`)).toEqual([
    'E703 ".a |"',
    'E106 nmae',
    'E703 ".a |"',
  ]);
});

test('§8.8 a filter with a reference is left to the run, variables and options are those of jq', async () => {
  const texts = [
    '.${params.x} |',
    '-1',
    '. as $x | $x',
    '$ENV.HOME',
    '"\\(1)" # comment',
    'def f: 1; f',
    'input',
  ];
  expect(await found(`params: {x: a}\nsteps: [${texts.map(jq).join(', ')}]`)).toEqual([]);
});

test('a filter is compiled, not executed', async () => {
  expect(await filterProblem('def forever: forever; forever, error("x"), halt_error')).toBeNull();
  expect(await filterProblem('$nothing')).toMatch(/^\$nothing is not defined/);
});
