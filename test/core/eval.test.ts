import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEval } from '../../src/core/eval.ts';

const t = (text: string) => ({ kind: 'text', text });
const c = (text: string) => ({ kind: 'command', text });

describe('commands in values (LANGUAGE.md §8.7)', () => {
  test.each([
    ['', []],
    ['plain $NAME ${NAME:-(x)}', [t('plain $NAME ${NAME:-(x)}')]],
    ['$(date)', [c('date')]],
    ['v-`date +%F`!', [t('v-'), c('date +%F'), t('!')]],
    ['$(a)$(b)', [c('a'), c('b')]],
    ['$(echo ")" \')\' \\))', [c('echo ")" \')\' \\)')]],
    ['$(echo $(inner) (x))', [c('echo $(inner) (x)')]],
    ['`echo \\`x\\``', [c('echo `x`')]],
    ['\\$(date) \\`x\\`', [t('$(date) `x`')]],
    ['\\\\$(date)', [t('\\\\'), c('date')]],
  ])('%s', (text, parts) => {
    expect(parseEval(text)).toEqual(parts);
  });

  test.each(['$(date', 'a `b', '$(echo "x)', '$((1)'])('%s is not closed', (text) => {
    expect(parseEval(text)).toEqual({ error: expect.stringMatching(/ is not closed$/) as string });
  });

  test('text without an opener stays as it is; commands and text together lose nothing', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z ]*$/), (around, command) => {
        const plain = around.replaceAll(/[$`\\]/g, '');
        const parts = parseEval(`${plain}$(${command})${plain}`);
        const texts = plain === '' ? [] : [t(plain)];
        expect(parts).toEqual([...texts, c(command), ...texts]);
      }),
    );
  });
});
