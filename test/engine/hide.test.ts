import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/core/events.ts';
import { maskerOf } from '../../src/core/mask.ts';
import { hideInEvent } from '../../src/engine/hide.ts';
import { hideTexts } from '../../src/engine/hidden-text.ts';
import { stepFinished, stepStarted } from '../support/events.ts';

const masker = maskerOf(['hunter22', '123456']);
const hide = (event: RunEvent): RunEvent => {
  if (masker === null) throw new Error('nothing to mask');
  return hideInEvent(event, masker);
};

describe('events hold no secret (LANGUAGE.md §10)', () => {
  test('messages, directories and outputs are masked, everything else stays', () => {
    const event = stepFinished(1, 1, 'failed', { message: 'no /x/hunter22', reason: 'R306' });
    expect(hide(event)).toEqual({ ...event, message: 'no /x/***' });
    expect(hide(stepStarted(1, 1, { cwd: '/hunter22' }))).toMatchObject({ cwd: '/***', envNames: ['A'] });
    const plain = stepFinished(1, 1, 'succeeded', { outputs: { a: { type: 'json', text: '{"a": 1.10}' } } });
    expect(hide(plain)).toEqual(plain);
  });

  test('a json output stays JSON, also when a number or a key is the secret', () => {
    const texts = ['{"a": "x hunter22"}', '{"pin": 123456, "n": 1.5, "l": [null, true]}', '{"hunter22": 1}'];
    const outputs = Object.fromEntries(texts.map((text, i) => [`o${i}`, { type: 'json', text } as const]));
    const hidden = hide(stepFinished(1, 1, 'succeeded', { outputs }));
    expect('outputs' in hidden && Object.values(hidden.outputs).map(({ text }) => text)).toEqual([
      '{"a": "x ***"}',
      '{"pin":"***","n":1.5,"l":[null,true]}',
      '{"***": 1}',
    ]);
  });
});

describe('text of commands with a secret in it is no argument (H7)', () => {
  const isSecret = (text: string): boolean => text.includes('hunter22');

  test('a POSIX shell reads it from a private file; other commands stay', () => {
    const commands = [
      ['sh', '-e', '-c', 'echo hunter22'],
      ['sh', '-e', '-c', 'echo'],
      ['python3', '-c', 'print("hunter22")'],
      ['curl', 'hunter22'],
    ];
    expect(hideTexts(commands, '/try', isSecret)).toEqual({
      commands: [['sh', '-e', '-c', '. "$0"', '/try/text/1'], ...commands.slice(1)],
      texts: [{ path: '/try/text/1', text: 'echo hunter22\n' }],
    });
  });
});
