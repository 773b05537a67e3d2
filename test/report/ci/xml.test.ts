import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attribute, cdata } from '../../../src/report/ci/xml.ts';
import { parseXml } from '../../support/xml.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const anything = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ']]>',
      ']]',
      '>',
      '<![CDATA[',
      '&',
      '&amp;',
      '"',
      "'",
      '\n',
      '\r',
      '\t',
      '\x1b[31m',
      '\x1b',
      '\0',
      '\ud800',
      '\ufffe',
      '😀',
    ),
    fc.string({ unit: 'binary', maxLength: 2 }),
  ),
});

test('whatever a text holds, a reader of XML gets it back: colours left out, what XML forbids replaced', () => {
  fc.assert(
    fc.property(anything, anything, (value, text) => {
      const root = parseXml(`${HEAD}<a${attribute('b', value)}>${cdata(text)}</a>`);
      expect([root.attributes['b'], root.text]).toEqual([kept(value), kept(text)]);
    }),
  );
});

function kept(text: string): string {
  const bare = text.replaceAll(/\x1b\[[0-9;:]*m/g, '');
  return Array.from(bare, (character) =>
    isCharacter(character.codePointAt(0) ?? 0) ? character : '\ufffd',
  ).join('');
}

/** XML 1.0 §2.2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || code >= 0x10000;
}
