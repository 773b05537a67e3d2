import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTEXT_FIELDS, deepParts, nearMisses, parseTemplate } from '../../../src/core/reference/parse.ts';
import type { Part, TemplateClass } from '../../../src/core/reference/template.ts';

/** Each part in one word, to compare with a glance: text as it is, the rest as `<kind …>`. */
function outline(text: string, cls: TemplateClass = 'ref', ids: string[] = []): string[] {
  return parseTemplate(text, cls, new Set(ids)).map(word);
}

function word(part: Part): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'reference':
      return `<ref ${[part.namespace, ...part.path.map((key) => JSON.stringify(key))].join(' ')}>`;
    case 'older':
      return `<older ${part.step} ${part.rest}>`;
    case 'variable': {
      const { operator } = part;
      if (operator === null) return `<${part.braced ? 'braced' : 'bare'} ${part.name}>`;
      if (operator.kind === 'length') return `<length ${part.name}>`;
      if (operator.kind === 'slice')
        return `<slice ${part.name} ${operator.offset} ${String(operator.length)}>`;
      if (operator.kind === 'trim') {
        const glob = operator.glob.map(word).join('');
        return `<trim ${part.name} ${operator.side} ${operator.longest ? 'longest' : 'shortest'} ${glob}>`;
      }
      const sign = `${operator.colon ? ':' : ''}${operator.operator}`;
      return `<word ${part.name} ${sign} ${operator.word.map(word).join('')}>`;
    }
  }
}

describe('references (§8.2)', () => {
  test.each([
    ['${consts.N}', '<ref consts "N">'],
    ['${params.N}', '<ref params "N">'],
    ['${params}', '<ref params>'],
    ['${env.N}', '<ref env "N">'],
    ['${steps.ID.outputs.N}', '<ref steps "ID" "outputs" "N">'],
    ['${steps.ID.outputs.N.a[0].b}', '<ref steps "ID" "outputs" "N" "a" 0 "b">'],
    ['${steps.ID.outputs.N["any } \\" key"]}', '<ref steps "ID" "outputs" "N" "any } \\" key">'],
    ['${steps.ID.outputs.headers.content-type}', '<ref steps "ID" "outputs" "headers" "content-type">'],
    ['${steps.ID}', '<ref steps "ID">'],
    ['${foreach.index}', '<ref foreach "index">'],
    ['${foreach.item.a}', '<ref foreach "item" "a">'],
    ['${ITEM}', '<ref ITEM>'],
    ['${ITEM.a}', '<ref ITEM "a">'],
    ['${ITEM[0]}', '<ref ITEM 0>'],
    ['${context.run.id}', '<ref context "run" "id">'],
    ['${inputs.N}', '<ref inputs "N">'],
    ['${outputs.N}', '<ref outputs "N">'],
  ])('%s', (text, expected) => {
    expect(outline(text)).toEqual([expected]);
    expect(outline(text, 'full')).toEqual([expected]);
    expect(outline(`'${text}'`, 'full'), 'also in single quotes').toEqual(["'", expected, "'"]);
  });

  test('a reference knows its place', () => {
    const [, part] = parseTemplate('say ${params.who}!', 'ref');
    expect(part).toMatchObject({ raw: '${params.who}', start: 4, end: 17 });
  });
});

describe('context (§8.3)', () => {
  test.each([...CONTEXT_FIELDS])('%s, short %s', (field, short) => {
    const expected = `<ref context ${field
      .split('.')
      .map((key) => JSON.stringify(key))
      .join(' ')}>`;
    expect(outline(`\${context.${field}}`)).toEqual([expected]);
    if (short !== null) expect(outline(`\${${short}}`)).toEqual([expected]);
  });

  test('there are no other short references', () => {
    expect(outline('${attempt.started_at}${run.other}${run}')).toEqual([
      '${attempt.started_at}${run.other}${run}',
    ]);
  });
});

describe('text that is no reference is left alone (§8.4)', () => {
  test.each([
    '${foo.bar}',
    '${run.other}',
    '${arr[0]}',
    '${params[@]}',
    '${params[0]}',
    '$params.x',
    '${env}',
    '${steps}',
    '${params.}',
    '${params.x',
    '${params.x:-d}',
    '${ params.x }',
    '${steps.a["unclosed]}',
    '${steps.a["bad \\escape"]}',
    '$(date)',
    '$HOME ${HOME} ${HOME:-x} ${#HOME}',
    '$',
    '${',
    '${}',
    "$'x'",
  ])('%s', (text) => {
    expect(outline(text)).toEqual([text]);
  });

  test('older forms begin with a step id of the document', () => {
    for (const rest of ['.output', '.output.a[0]', '.outputs.x', '.stdout', '.stderr', '.exit_code']) {
      expect(outline(`\${build${rest}}`, 'ref', ['build'])).toEqual([`<older build ${rest}>`]);
      expect(outline(`\${build${rest}}`, 'ref', ['other'])).toEqual([`\${build${rest}}`]);
    }
    expect(outline('${build.name}${build.outputting}', 'ref', ['build'])).toEqual([
      '${build.name}${build.outputting}',
    ]);
  });
});

describe('variables in full fields (§8.5)', () => {
  test.each([
    ['$NAME', ['<bare NAME>']],
    ['$1', ['<bare 1>']],
    ['$0 $$ $? $@', ['$0 $$ $? $@']],
    ['$A$B', ['<bare A>', '<bare B>']],
    ['${NAME}', ['<braced NAME>']],
    ['${env}', ['<braced env>']],
    ['${NAME:-w}', ['<word NAME :- w>']],
    ['${NAME-w}', ['<word NAME - w>']],
    ['${NAME:=w}', ['<word NAME := w>']],
    ['${NAME=w}', ['<word NAME = w>']],
    ['${NAME:+w}', ['<word NAME :+ w>']],
    ['${NAME+w}', ['<word NAME + w>']],
    ['${NAME:?w}', ['<word NAME :? w>']],
    ['${NAME?w}', ['<word NAME ? w>']],
    ['${#NAME}', ['<length NAME>']],
    ['${NAME:2}', ['<slice NAME 2 null>']],
    ['${NAME:2:3}', ['<slice NAME 2 3>']],
    ['${NAME: -2}', ['<slice NAME -2 null>']],
    ['${NAME#p*}', ['<trim NAME prefix shortest p*>']],
    ['${NAME##p*}', ['<trim NAME prefix longest p*>']],
    ['${NAME%*p}', ['<trim NAME suffix shortest *p>']],
    ['${NAME%%*p}', ['<trim NAME suffix longest *p>']],
    ['${NAME%${params.x}}', ['<trim NAME suffix shortest <ref params "x">>']],
    ['${A:-${B:-$C ${params.x}}}', ['<word A :- <word B :- <bare C> <ref params "x">>>']],
    ['${NAME/a/b}${NAME^^}${!NAME}${NAME:x}', ['${NAME/a/b}${NAME^^}${!NAME}${NAME:x}']],
    ['${A:-${B}', ['${A:-', '<braced B>']],
    ['\\${A:-${B}', ['\\${A:-', '<braced B>']],
    ['${A:-}', ['<word A :- >']],
    ['{"a": {}}', ['{"a": {}}']],
  ])('%s', (text, expected) => {
    expect(outline(text, 'full')).toEqual(expected);
  });

  test('nothing but references inside single quotes', () => {
    expect(outline("'$A ${B:-x} ${params.x}' $C", 'full')).toEqual([
      "'$A ${B:-x} ",
      '<ref params "x">',
      "' ",
      '<bare C>',
    ]);
    expect(outline("${A:-'}'}", 'full')).toEqual(["<word A :- '}'>"]);
  });

  test('an apostrophe without a partner quotes nothing', () => {
    expect(outline("it's $A", 'full')).toEqual(["it's ", '<bare A>']);
    expect(outline("'$A' isn't $B", 'full')).toEqual(["'$A' isn't ", '<bare B>']);
    expect(outline('${steps.s.outputs.o["it\'s"]} $A \'', 'full').at(1)).toBe(' ');
  });

  test('deepParts lists what is inside words and globs', () => {
    const parts = parseTemplate('x ${A:-${params.p}} ${B%$C}', 'full');
    expect(deepParts(parts).map((part) => part.raw)).toEqual([
      '${A:-${params.p}}',
      '${params.p}',
      '${B%$C}',
      '$C',
    ]);
  });
});

describe('escape (§8.6)', () => {
  test.each<[string, TemplateClass, string[]]>([
    ['\\${params.x}', 'ref', ['${params.x}']],
    ['\\\\${params.x}', 'ref', ['\\\\', '<ref params "x">']],
    ['\\\\\\${params.x}', 'ref', ['\\\\${params.x}']],
    ['\\${run.id}', 'ref', ['${run.id}']],
    ['\\$HOME', 'full', ['$HOME']],
    ['\\\\$HOME', 'full', ['\\\\', '<bare HOME>']],
    ['\\$HOME', 'ref', ['\\$HOME']],
    ['\\${HOME}', 'ref', ['\\${HOME}']],
    ['\\${foo.bar}', 'full', ['\\${foo.bar}']],
    ["'\\$HOME'", 'full', ["'\\$HOME'"]],
    ['\\${A:-$B} $C', 'full', ['${A:-$B} ', '<bare C>']],
    ['${A:-\\$B}', 'full', ['<word A :- $B>']],
    ['\\${b.stdout}', 'ref', ['${b.stdout}']],
    ['a\\b \\n', 'full', ['a\\b \\n']],
  ])('%s in a %s field', (text, cls, expected) => {
    expect(outline(text, cls, ['b'])).toEqual(expected);
  });
});

describe('near misses (W403, §8.4)', () => {
  test.each([
    ['${param.x}', '${params.x}'],
    ['${const.x.y}', '${consts.x.y}'],
    ['${envs.HOME}', '${env.HOME}'],
    ['${step.build.outputs.x}', '${steps.build.outputs.x}'],
    ['${run.idd}', '${run.id}'],
    ['${rnu.id}', '${run.id}'],
    ['${step.nme}', '${step.name}'],
    ['${paths.workdir}', '${paths.work_dir}'],
  ])('%s', (raw, suggestion) => {
    expect(nearMisses(`a ${raw} b`)).toEqual([{ raw, start: 2, end: 2 + raw.length, suggestion }]);
  });

  test.each([
    '${foo.bar}',
    '${run.other}',
    '${params.x}',
    '${run.id}',
    '${arr[0]}',
    '${param}',
    '$param.x',
    '\\${param.x}',
  ])('not %s', (text) => {
    expect(nearMisses(text)).toEqual([]);
  });

  test('a step id is not a misspelt namespace', () => {
    expect(nearMisses('${param.stdout}', new Set(['param']))).toEqual([]);
  });
});

/** Text made of the pieces the parser stops at. */
const hostile = fc
  .array(
    fc.constantFrom(
      '$',
      '{',
      '}',
      '${',
      "'",
      '"',
      '\\',
      'A',
      'params',
      '.x',
      '[0]',
      '["',
      '"]',
      ':-',
      '#',
      '%',
      ':',
      '1',
      ' ',
      '\n',
      '${A:-',
      '${params.x}',
      '$A',
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));

function rawText(parts: readonly Part[]): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : part.raw)).join('');
}

describe('any input', () => {
  test('parts joined are the text, but for the backslashes of §8.6', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom<TemplateClass>('ref', 'full'), (text, cls) => {
        const joined = rawText(parseTemplate(text, cls));
        expect(joined.replaceAll('\\', '')).toBe(text.replaceAll('\\', ''));
        if (!text.includes('\\$')) expect(joined).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test('what is not text stands where it says, in order and without overlap', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        let end = 0;
        for (const part of parseTemplate(text, 'full')) {
          if (part.kind === 'text') continue;
          expect(part.start).toBeGreaterThanOrEqual(end);
          expect(text.slice(part.start, part.end)).toBe(part.raw);
          end = part.end;
        }
      }),
    );
  });

  test.each([
    '${A:-',
    '${A%',
    '\\${A:-',
    '${ITEM["',
    '${ITEM["][',
    '${steps.a["\\"',
    "'",
    '\\',
    '$',
    '}',
    '$A',
  ])('many times %s is read and neither throws nor hangs', (unit) => {
    const text = unit.repeat(100_000);
    expect(rawText(parseTemplate(text, 'full'))).toHaveLength(text.length);
    expect(nearMisses(text)).toEqual([]);
  });
});
