import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nameOf } from '../../src/cli/command-spec.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { manPage } from '../../src/cli/man-page.ts';
import { roff, tagged, verbatim } from '../../src/cli/roff.ts';
import { SETTINGS, SETTING_KEYS } from '../../src/cli/settings.ts';

const SECTIONS = [
  ...['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'COMMANDS'],
  ...['EXIT STATUS', 'ENVIRONMENT', 'FILES', 'EXAMPLES'],
];
const NASTY = [
  '.TH is no request',
  "'tis none either",
  'C:\\new \\fB \\e',
  '--a-b ~/x ^y `z` "q" it\'s',
  'größe … — 日本',
];
const page = manPage('1.2.3');

/** What a reader sees; null where there is no groff. */
function rendered(source: string): string | null {
  if (spawnSync('groff', ['--version']).error !== undefined) return null;
  const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-rLL=200n', '-P-cbou'], {
    input: source,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

describe('the man page', () => {
  test('has the sections of man-pages(7), all commands, and all variables', () => {
    expect([...page.matchAll(/^\.SH (.*)$/gm)].map(([, name]) => name)).toEqual(SECTIONS);
    expect(page.startsWith('.TH FLOW 1 "" "flow 1.2.3"')).toBe(true);
    const tags = page.split('\n').filter((_line, i, lines) => lines[i - 1] === '.TP');
    const names = COMMANDS.map((spec) => `\\fBflow ${nameOf(spec)}\\fR`);
    expect(names.filter((name) => !tags.some((tag) => tag.startsWith(name)))).toEqual([]);
    const variables = SETTING_KEYS.map((key) => `\\fB${SETTINGS[key].variable}\\fR`);
    expect(variables.filter((variable) => !tags.includes(variable))).toEqual([]);
  });

  test('holds no request that is not meant, no bare hyphen, and nothing but ASCII', () => {
    const requests = new Set([...page.matchAll(/^[.'](\w*)/gm)].map(([all]) => all));
    expect([...requests].sort()).toEqual(['.PP', '.RE', '.RS', '.SH', '.SS', '.TH', '.TP', '.fi', '.nf']);
    const text = page.split('\n').filter((line) => !line.startsWith('.'));
    expect(text.filter((line) => /(?<!\\)-/.test(line))).toEqual([]);
    expect(text.filter((line) => /\\(?![-efB&([]|fI|fR)/.test(line))).toEqual([]);
    expect(page).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test('reads as it was written', ({ skip }) => {
    const shown = rendered(page);
    skip(shown === null, 'groff is not installed');
    expect([...(shown ?? '').matchAll(/^[A-Z][A-Z ]+$/gm)].map(([name]) => name)).toEqual(SECTIONS);
    expect(shown).toContain('flow run <dag> [params...]');
    expect(shown).toMatch(/^ +-j, --jobs n$/m);
    expect(shown).toContain("flow sql 'select dag, state, created_at from runs limit 5'");
  });

  test('the built one lies in the package', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { man: string; version: string };
    expect(readFileSync(manifest.man, 'utf8')).toBe(manPage(manifest.version));
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      encoding: 'utf8',
    });
    const [{ files } = { files: [] }] = JSON.parse(packed) as { files: { path: string }[] }[];
    expect(files.map(({ path }) => path)).toContain(manifest.man);
  });
});

describe('text in roff', () => {
  test('is escaped', () => {
    expect(NASTY.map(roff)).toEqual([
      '\\&.TH is no request',
      '\\(aqtis none either',
      'C:\\enew \\efB \\ee',
      '\\-\\-a\\-b \\(ti/x \\(hay \\(gaz\\(ga \\(dqq\\(dq it\\(aqs',
      'gr\\[u00F6]\\[u00DF]e \\[u2026] \\[u2014] \\[u65E5]\\[u672C]',
    ]);
  });

  test('comes out as it went in', ({ skip }) => {
    const shown = rendered(['.TH X 1', '.SH Y', ...verbatim(NASTY), ...tagged('t', 'One. Two.')].join('\n'));
    skip(shown === null, 'groff is not installed');
    for (const line of NASTY) expect(shown).toContain(line);
    expect(shown).toMatch(/One\. +Two\./);
  });
});
