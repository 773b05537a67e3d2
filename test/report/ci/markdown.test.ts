import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fenced, markdownText } from '../../../src/report/ci/markdown.ts';

const anything = fc.string({ unit: fc.constantFrom('`', '```', '~~~', '\t', ' ', 'a', '|', '\r', '<b>') });

test('nothing that stands in a block ends it', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 6 }), (lines) => {
      const [open = '', ...rest] = fenced(lines).trimEnd().split('\n');
      const [, fence = ''] = /^(`+)text$/.exec(open) ?? [];
      expect(fence.length).toBeGreaterThan(2);
      // A closing fence is at least as long as the opening one.
      const closing = rest.findIndex((line) => /^ {0,3}(`+)\s*$/.exec(line)?.[1]?.startsWith(fence) === true);
      expect(closing).toBe(rest.length - 1);
    }),
  );
});

test('words of others stay words: no markup, no table cell, no mention', () => {
  expect(markdownText('copy[a|b] **x** <img src=x> @you `c`\n# d')).toBe(
    'copy&#91;a&#124;b&#93; &#42;&#42;x&#42;&#42; &#60;img src=x&#62; &#64;you &#96;c&#96; &#35; d',
  );
  expect(markdownText('\x1b[31mred\x1b[0m & 100%')).toBe('red &#38; 100%');
});
