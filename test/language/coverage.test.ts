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
    '16.1',
    '16.2',
    '16.3',
    '17',
    '18.1',
    '18.2',
    '19.1',
    '19.2',
    '19.3',
    '21.2',
    '21.3',
    '21.4',
    '21.5',
    '22.1',
    '22.2',
    '22.4',
    '22.5',
    '23.1',
  ],
  ...['20.1', '20.2', '20.3', '20.4', '25', '26'],
];

/**
 * Sections whose fields are read and checked now: a test cites each. What they describe is done by the daemon and
 * comes with it.
 */
const CHECKED: readonly string[] = ['20.5', '20.6', '20.7', '21.1'];

/** "not yet": each with what flow answers with E901 today. */
const NOT_YET: Readonly<Record<string, string>> = {};

/** "not yet", and no matter of a DAG file: --updated, what the daemon resumes. */
const NOT_YET_COMMANDS: readonly string[] = ['22.3', '22.6'];

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
    const all = [...SUPPORTED, ...CHECKED, ...Object.keys(NOT_YET), ...NOT_YET_COMMANDS];
    expect(all.length).toBe(new Set(all).size);
    expect(all.length).toBe(93);
  });

  test('every supported or checked one is cited by a test', () => {
    expect([...SUPPORTED, ...CHECKED].filter((section) => !cited.has(section))).toEqual([]);
  });

  test.for(Object.entries(NOT_YET))('§%s is not yet supported', ([, text], { expect }) => {
    const whole = text.startsWith('steps:') ? text : `${text}\nsteps: [{run: echo hi}]`;
    const errors = load(whole).diagnostics.filter((one) => one.severity === 'error');
    expect(errors.map((one) => one.code)).toContain('E901');
  });
});
