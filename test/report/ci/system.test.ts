import { expect, test } from 'vitest';
import { ciSystem, inCi } from '../../../src/report/ci/system.ts';

test.each([
  [{}, false],
  [{ CI: 'true' }, true],
  [{ CI: '1' }, true],
  [{ CI: 'woodpecker' }, true],
  [{ CI: 'false' }, false],
  [{ CI: '' }, false],
  [{ GITHUB_ACTIONS: 'true' }, false],
])('%j is a CI job: %j (CLI.md §5)', (env, is) => {
  expect(inCi(env)).toBe(is);
});

test.each([
  [{ GITHUB_ACTIONS: 'true' }, 'github'],
  [{ GITLAB_CI: 'true' }, 'gitlab'],
  [{ JENKINS_URL: 'https://ci' }, 'other'],
  [{ GITHUB_ACTIONS: 'false', GITLAB_CI: '' }, 'other'],
])('%j is read by %s', (env, system) => {
  expect(ciSystem(env)).toBe(system);
});
