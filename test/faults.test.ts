import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The minimum set of RELIABILITY.md §6, and what was built beyond it: every row has a test whose name cites its
 * number, at its beginning or in parentheses (`E6: …`, `… (B4, F11)`, `A3–A5`).
 */
const ROWS: Readonly<Record<string, string>> = {
  A1: 'kill -9 at each state write',
  A2: 'kill between intent and spawn',
  A3: 'kill between spawn and pid record',
  A4: 'kill while the step runs',
  A5: 'kill after exit, before the result is stored',
  A6: 'kill twice, and during recovery',
  A7: 'kill during the fence',
  B1: 'child killed by someone',
  B2: 'child ignores SIGTERM',
  B3: 'grandchild survives the shell',
  B4: 'background process keeps stdout open',
  B5: 'escaped by setsid or double fork',
  B6: 'zombie counted as alive',
  B7: 'pid reuse',
  C1: 'two daemons',
  C2: 'two runs of one DAG',
  C3: 'two resumes of one run',
  C4: 'resume while the run is alive',
  C6: 'old and new binary on one database',
  C9: 'database locked for 60 s',
  D1: 'clock forward',
  D2: 'clock back',
  D3: 'DST gap and overlap',
  D4: 'suspend for 8 h',
  D5: 'timer fires early',
  D6: 'next tick 30 days away',
  E1: 'disk full at the database',
  E2: 'disk full at the log',
  E3: 'file size limit',
  E4: 'fsync fails',
  E5: 'read-only database or directory',
  E6: 'corrupt page',
  E7: 'not a database',
  E8: 'database deleted while open',
  F1: 'very much output',
  F2: 'no cap by a limit of the child',
  F3: 'faster than the disk',
  F4: '64 KB boundary',
  F5: 'no newline at the end, one very long line',
  F6: 'invalid UTF-8, NUL, split characters',
  G1: '6 MB of YAML, 100k steps',
  G2: 'alias bomb',
  G3: 'anchor cycle',
  G4: 'deep nesting',
  G5: 'duplicate keys',
  G6: 'keys of object prototypes',
  G7: 'number-like text',
  G8: 'tabs, BOM, CRLF, NUL, documents, tags',
  G9: 'cycle in depends, self, unknown, duplicate ids',
  G10: '60 diamonds, fan-in of 10k',
  G11: 'unknown key',
  G12: 'file changed between interruption and resume',
  G13: 'file deleted',
  G14: 'file changed while running',
  G15: 'half-written file seen by the daemon',
  H1: 'values of any bytes',
  H2: 'injection into shell text',
  H3: 'injection into the arguments of the next program',
  H4: 'params named PATH, LD_PRELOAD …',
  H5: 'unknown, missing, wrong param',
  H6: 'secret printed by the step',
  H7: 'secret in the arguments of a process',
  H8: 'secret stored or shown',
  H9: 'secret in an output value',
  H10: 'secret missing at resume',
  I1: 'slow-loris response',
  I2: 'redirect loop',
  I3: 'redirect across origins',
  I7: 'connection reset, short body',
  I15: 'crash after the request was sent',
  J1: 'hostile names',
  J2: 'cleanup of another folder',
  J3: 'names that differ in case',
  J4: 'world-readable files',
  L1: 'kill between due and created',
  L2: 'down for 3 days',
  L3: 'previous run still running',
};

/** Rows beyond the minimum set that have their test already. */
const BEYOND: Readonly<Record<string, string>> = {
  A12: 'paused owner',
  A15: 'a step that kills its orchestrator',
  B15: 'unkillable child',
  C5: 'stop from a second terminal at the very end',
  C7: 'prune while logs -f reads',
  C8: 'home on a network file system',
  I16: 'requests to private addresses',
  I17: 'proxy variables',
  J5: 'home of somebody else',
  L4: 'many DAGs due at once',
  L5: 'one bad file among many',
  L6: 'schedule first seen today',
  L7: 'suspended and unsuspended',
};

const NUMBER = /^[A-L]\d{1,2}$/;

/** The numbers that a text cites: at its beginning, in parentheses, or after the name of the contract. */
function citedIn(text: string): string[] {
  const places = [/^[A-L]\d{1,2}(?:(?:, |–)[A-L]\d{1,2})*(?=[ :])/g, /\([^()]*\)/g, /RELIABILITY\.md[^()]*/g];
  const parts = places.flatMap((place) => text.match(place) ?? []);
  return parts
    .flatMap((part) => part.match(/[A-L]\d{1,2}–[A-L]\d{1,2}|\b[A-L]\d{1,2}\b/g) ?? [])
    .flatMap(expand);
}

/** `A3–A5` is A3, A4, A5. */
function expand(cited: string): string[] {
  const [from = '', to = from] = cited.split('–');
  const numbers: string[] = [];
  for (let n = Number(from.slice(1)); n <= Number(to.slice(1)); n++) numbers.push(`${from[0] ?? ''}${n}`);
  return numbers;
}

/** Texts in quotes that are no comment. */
function textsOf(source: string): string[] {
  const code = source.replace(/^\s*(\/\/|\/?\*).*$/gm, '');
  return [...code.matchAll(/'([^'\n]+)'|`([^`\n]+)`/g)].map(([, single, tick]) => single ?? tick ?? '');
}

const tests = new Map<string, Set<string>>();
for (const file of readdirSync('test', { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts') || file === 'faults.test.ts') continue;
  for (const number of textsOf(readFileSync(join('test', file), 'utf8')).flatMap(citedIn)) {
    tests.set(number, (tests.get(number) ?? new Set()).add(file));
  }
}

describe('the minimum set of faults (RELIABILITY.md §6)', () => {
  test('has 77 rows', () => {
    expect(Object.keys(ROWS).filter((number) => NUMBER.test(number)).length).toBe(77);
  });

  test('the numbers of a name are read', () => {
    expect(citedIn('A1, A4–A6: kill')).toEqual(['A1', 'A4', 'A5', 'A6']);
    expect(citedIn('gone (B4, F11), then (§7.3)')).toEqual(['B4', 'F11']);
    expect(citedIn('a sheet with the cells A1 and B2')).toEqual([]);
  });

  const own = Object.entries({ ...ROWS, ...BEYOND });
  test.each(own.map(([number, fault]) => [number, fault, [...(tests.get(number) ?? [])].join(', ')]))(
    '%s %s: %s',
    (_number, _fault, files) => expect(files, 'no test cites it').not.toBe(''),
  );
});
