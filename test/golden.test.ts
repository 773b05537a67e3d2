import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from './support/flow.ts';
import type { Place } from './support/flow.ts';
import { steady } from './support/steady.ts';

/**
 * Golden cases: literal files in, whole output out. `session.txt` is a terminal session: lines that begin with
 * `$ flow` are run one after the other in a copy of the folder, and everything that follows them is compared.
 * FLOW_GOLDEN=write writes what came out; read the difference before you commit it.
 */
const ROOT = resolve('test/golden');
const WRITE = process.env['FLOW_GOLDEN'] === 'write';

describe('golden cases', () => {
  const names = readdirSync(ROOT).sort();
  test('there are cases', () => expect(names.length).toBeGreaterThan(15));
  test.concurrent.for(names)('%s', async (name, { onTestFinished, expect }) => {
    const at = place(onTestFinished);
    cpSync(join(ROOT, name), at.dir, { recursive: true });
    const file = join(ROOT, name, 'session.txt');
    const before = readFileSync(file, 'utf8');
    const commands = before.split('\n').filter((line) => line.startsWith('$ flow '));
    let session = '';
    for (const command of commands) session += await perform(at, command);
    if (WRITE) writeFileSync(file, session);
    expect(session).toBe(readFileSync(file, 'utf8'));
  });
});

async function perform(at: Place, command: string): Promise<string> {
  const { code, stdout, stderr } = await at.flow(words(command.slice('$ flow '.length)));
  const block = (name: string, text: string): string =>
    text === '' ? '' : `--- ${name}\n${steady(text, at.dir)}`;
  return `${command}\n${block('stdout', stdout)}${block('stderr', stderr)}--- exit ${code}\n\n`;
}

/** Splits a command line; double quotes keep words together. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
