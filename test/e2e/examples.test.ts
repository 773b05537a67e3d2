import { cpSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

const DAGS = resolve('dags');

function examples(whenFinished?: Parameters<typeof place>[0]): Place {
  const at = place(whenFinished);
  cpSync(DAGS, join(at.dir, 'dags'), { recursive: true });
  return at;
}

interface Expectation {
  readonly code: number;
  readonly prints: readonly string[];
  readonly flags?: readonly string[];
}

/** What each example must end as, and what it must print; an example without a row fails the first test. */
const EXPECTED: Readonly<Record<string, Expectation>> = {
  'approval.yaml': { code: 3, prints: ['the notes of 1.4 are written', 'release 1.4 to three places'] },
  'children.yaml': {
    code: 0,
    prints: ['packing 1.4', 'copy 2 of app-1.4.tar to the south', 'sent app-1.4.tar to 3 places'],
  },
  // It tests flow itself: run here, it would run this test.
  'ci.yaml': { code: 0, flags: ['--dry-run'], prints: ['npx vitest run $tests', 'npm run --silent lint'] },
  'hello.yaml': { code: 0, prints: ['Hello, world!', 'Goodbye, world. 1 + 2 + 3 = 6'] },
  'etl.yaml': { code: 0, prints: ['1000 orders; most in the'] },
  'http.yaml': { code: 0, prints: ['order 7 answered with 201'] },
  'items.yaml': { code: 0, prints: ['plums: 15 kg', '3 kinds of fruit, most of all bananas'] },
  'resume.yaml': { code: 1, prints: ['installing 1.4.2'] },
  'retry.yaml': { code: 0, prints: ['try 3', 'published', 'run ended partially_succeeded'] },
};

describe('the examples in dags/', () => {
  test('each has its expectation, and passes the strict check', async () => {
    const at = examples();
    expect(readdirSync(DAGS).sort()).toEqual(Object.keys(EXPECTED).sort());
    expect(await at.flow(['validate', 'dags', '--strict'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.concurrent.for(Object.entries(EXPECTED))(
    '%s',
    async ([name, { code, prints, flags = [] }], { onTestFinished, expect }) => {
      const at = examples(onTestFinished);
      const result = await at.flow(['run', join('dags', name), ...flags]);
      expect(result.stderr + result.stdout).toContain(prints[0]);
      for (const text of prints) expect(result.stdout).toContain(text);
      expect(result.code).toBe(code);
    },
  );

  test('resume.yaml goes on from the step that failed, without downloading again', async () => {
    const at = examples();
    await at.flow(['run', 'resume']);
    const { code, stdout } = await at.flow(['resume']);
    expect(code).toBe(0);
    expect(stdout).not.toContain('downloading');
    expect(stdout).toContain('installed in attempt 2');
    expect(stdout).toContain('version 1.4.2 is out');
  });

  test('approval.yaml goes on with each answer, and publishes after the second', async () => {
    const at = examples();
    await at.flow(['run', 'approval']);
    const approved = await at.flow(['approve', 'approval', 'plan', '--input', 'BY=Ada', '--resume']);
    expect(approved.code, approved.stderr).toBe(3);
    expect(approved.stderr).toContain('Which ticket allows 1.4? The plan was approved by Ada.');
    const answer = ['complete', 'approval', 'signoff', '--input', 'ticket=OPS-7', '--resume'];
    expect(await at.flow(answer)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('published 1.4 with OPS-7, canary true') as string,
    });
  });

  test('approval.yaml publishes nothing when the plan is rejected, exit 4', async () => {
    const at = examples();
    await at.flow(['run', 'approval']);
    const { code, stdout } = await at.flow(['reject', 'approval', 'plan', '--resume']);
    expect(code).toBe(4);
    expect(stdout).not.toContain('published');
    const steps = (await at.flow(['status', 'approval'])).stdout;
    expect(steps).toContain('rejected');
  });
});
