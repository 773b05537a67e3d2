import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { load } from '../support/diagnose.ts';

/**
 * The core sections of LANGUAGE.md against the tests that cite them. `SUPPORTED` sections need a test that names
 * their number (`§5.2`); each section that is not yet supported has a piece of DAG that flow must refuse as such,
 * so a section that becomes supported has to move.
 */
const SUPPORTED: readonly string[] = [
  ...['1.3', '1.4', '2.1', '2.2', '2.3', '2.4', '2.5', '2.6', '2.7', '2.8', '3', '4.1', '4.2', '4.3', '4.4'],
  ...['5.1', '5.2', '5.3', '6.1', '6.2', '6.3', '6.4', '7.1', '7.2', '7.3', '7.4', '7.5'],
  ...['8.1', '8.2', '8.3', '8.4', '8.5', '8.6', '8.7', '8.8', '8.9', '8.10', '9.1', '9.2', '9.3'],
  ...[
    '10',
    '11.1',
    '11.2',
    '11.3',
    '11.4',
    '11.5',
    '11.6',
    '11.7',
    '12.1',
    '12.2',
    '12.3',
    '13.1',
    '13.2',
    '13.3',
    '13.4',
    '13.5',
    '13.6',
    '13.7',
    '14',
  ],
  ...[
    '15.1',
    '15.2',
    '15.3',
    '15.4',
    '19.1',
    '19.2',
    '19.3',
    '21.2',
    '22.1',
    '22.2',
    '22.3',
    '22.4',
    '22.5',
    '23.1',
  ],
  ...['25', '26'],
];

/** "not yet": each with what flow answers with E901 today. */
const NOT_YET: Readonly<Record<string, string>> = {
  '16.1': 'steps: [{foreach: {items: [1], steps: [{run: echo}]}}]',
  '16.2': 'steps: [{run: echo, parallel: [a, b]}]',
  '16.3': 'steps: [{foreach: {}}]',
  '17': 'steps: [{action: dag.run, with: {dag: b}}]',
  '18.1': 'steps: [{id: a, action: human.task, with: {prompt: "?"}}]',
  '18.2': 'steps: [{run: echo, approval: {prompt: "?"}}]',
  '20.1': 'schedule: "0 2 * * *"',
  '20.2': 'schedule: "@daily"',
  '20.3': 'schedule: "TZ=UTC 0 2 * * *"',
  '20.4': 'schedule: "30 2 * * *"',
  '20.5': 'jitter_sec: 5',
  '20.6': 'catchup_window: 6h',
  '20.7': 'overlap_policy: skip',
  '21.1': 'queue: nightly',
  '21.3': 'artifacts: {enabled: false}',
  '21.4': 'hist_retention_days: 7',
};

/** "not yet", and no matter of a DAG file: the base file, what the daemon resumes. */
const NOT_YET_COMMANDS: readonly string[] = ['21.5', '22.6'];

/** Tests of these folders cite the sections of RELIABILITY.md by bare numbers. */
const OTHER_CONTRACT = /^(store|contract)\//;

const cited = new Map<string, string>();
for (const name of readdirSync('test', { recursive: true, encoding: 'utf8' })) {
  if (!/\.(ts|yaml)$/.test(name) || OTHER_CONTRACT.test(name) || name.endsWith('coverage.test.ts')) continue;
  const text = readFileSync(join('test', name), 'utf8').replaceAll(
    /(?:CLI|RELIABILITY)\.md (?:§[\d.]+(?:, )?)+/g,
    '',
  );
  for (const [, section = ''] of text.matchAll(/§(\d+(?:\.\d+)?)/g)) cited.set(section, name);
}

describe('the sections of LANGUAGE.md', () => {
  test('the check sees citations', () => expect(cited.size).toBeGreaterThan(40));

  test('each is listed once', () => {
    const all = [...SUPPORTED, ...Object.keys(NOT_YET), ...NOT_YET_COMMANDS];
    expect(all.length).toBe(new Set(all).size);
    expect(all.length).toBe(93);
  });

  test('every supported one is cited by a test', () => {
    expect(SUPPORTED.filter((section) => !cited.has(section))).toEqual([]);
  });

  test.for(Object.entries(NOT_YET))('§%s is not yet supported', ([, text], { expect }) => {
    const whole = text.startsWith('steps:') ? text : `${text}\nsteps: [{run: echo hi}]`;
    const errors = load(whole).diagnostics.filter((one) => one.severity === 'error');
    expect(errors.map((one) => one.code)).toContain('E901');
  });
});
