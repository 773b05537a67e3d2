import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { command, githubLog } from '../../../src/report/ci/github.ts';
import { carriedOut } from '../../support/github-runner.ts';

const log = githubLog('/work/repo', () => 'c0ffee');
const BLOCK = { title: 'build', name: 'flow_1_1_1', startedAt: 1, finishedAt: 2 };

/** Lines that a step may print, those that look like commands among them. */
const foreign = fc.string({
  unit: fc.constantFrom(
    ...['::', ':', '##[', ']', ' ', '\t', '\n', '\r', '%', 'error', 'add-mask', 'group', 'x'],
  ),
  maxLength: 30,
});

describe('workflow commands of GitHub Actions', () => {
  test('escapes as the toolkit does: % CR LF in messages, and : and , in properties', () => {
    expect(command('error', { title: 'a:b,c%\r\n', file: '', line: 3 }, '50%: a,b\r\nc')).toBe(
      '::error title=a%3Ab%2Cc%25%0D%0A,line=3::50%25: a,b%0D%0Ac\n',
    );
    expect(command('endgroup', {}, '')).toBe('::endgroup::\n');
  });

  test('whatever a title and a message hold, the runner reads the same again', () => {
    fc.assert(
      fc.property(foreign, foreign, (title, message) => {
        const finding = { severity: 'error', title: `<${title}>`, message, place: null } as const;
        const { commands } = carriedOut(log.finding(finding).replace(/\n$/, ''));
        expect(commands).toEqual([{ name: 'error', properties: { title: `<${title}>` }, data: message }]);
      }),
    );
  });

  test('nothing that a step prints is carried out: the group opens and closes around it', () => {
    fc.assert(
      fc.property(foreign, (printed) => {
        const { open, close } = log.frame(BLOCK);
        const { commands } = carriedOut(`${open}${printed}\n${close}`);
        expect(commands.map(({ name }) => name)).toEqual(['group', 'endgroup']);
      }),
    );
    const { commands } = carriedOut(`::error::mine\n##[warning]mine, too\n`);
    expect(commands.map(({ name }) => name)).toEqual(['error', 'warning']);
  });

  test('nor anything in the words of flow, which stay as they are where nothing looks like a command', () => {
    fc.assert(
      fc.property(foreign, (said) => {
        const { commands } = carriedOut(log.said(said));
        expect(commands).toEqual([]);
      }),
    );
    expect(log.said('build ✗ failed: exit code 1\n  │ a::b ## [x]\n')).toBe(
      'build ✗ failed: exit code 1\n  │ a::b ## [x]\n',
    );
  });

  test('points at files of the workspace only', () => {
    const at = (file: string, line: number | null = 7): string =>
      githubLog('/work/repo', () => '').finding({
        severity: 'warning',
        title: 't',
        message: 'm',
        place: { file, line },
      });
    expect(at('/work/repo/dags/ci.yaml')).toBe('::warning title=t,file=dags/ci.yaml,line=7::m\n');
    expect(at('/work/repo/ci.yaml', null)).toBe('::warning title=t,file=ci.yaml::m\n');
    for (const file of ['/work/repository/ci.yaml', '/work/ci.yaml', '/work']) {
      expect(at(file)).toBe('::warning title=t::m\n');
    }
    const place = { file: '/work/repo/ci.yaml', line: 7 };
    const nowhere = githubLog(null, () => '').finding({ severity: 'error', title: 't', message: 'm', place });
    expect(nowhere).toBe('::error title=t::m\n');
  });
});
