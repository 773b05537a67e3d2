import type { Part, Variable, VariableOperator } from './template.ts';

type Operator = Extract<VariableOperator, { kind: 'word' }>['operator'];

/** A `${NAME…` whose word or glob is still being read. */
export interface OpenVariable {
  readonly start: number;
  readonly bodyStart: number;
  readonly name: string;
  /** `:-`, `=`, `##`, … as written. */
  readonly sign: string;
  readonly escaped: boolean;
}

/** Parts found so far, of the template itself (`open` is null) or of one word or glob in it. */
export interface Frame {
  readonly open: OpenVariable | null;
  readonly parts: Part[];
}

/** `raw` and `braced` follow from the place. */
export function variable(
  text: string,
  start: number,
  end: number,
  name = '',
  operator: VariableOperator | null,
): Variable {
  const raw = text.slice(start, end);
  return { kind: 'variable', raw, start, end, name, braced: raw[1] === '{', operator };
}

/** Adds text to the innermost frame. */
export function addText(frames: readonly Frame[], text: string): void {
  if (text !== '') appendPart(frames.at(-1)?.parts ?? [], { kind: 'text', text });
}

/** Appends, joining neighbouring texts. */
function appendPart(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  if (part.kind === 'text' && last?.kind === 'text') {
    parts[parts.length - 1] = { kind: 'text', text: last.text + part.text };
  } else {
    parts.push(part);
  }
}

/** The `}` at `at` ends the innermost word or glob. */
export function closeFrame(text: string, frames: Frame[], at: number): void {
  const frame = frames.pop();
  const open = frame?.open;
  if (frame === undefined || open === undefined || open === null) return;
  if (open.escaped) {
    addText(frames, text.slice(open.start, at + 1));
    return;
  }
  const operator = makeOperator(open.sign, frame.parts, text.slice(open.bodyStart, at));
  frames.at(-1)?.parts.push(variable(text, open.start, at + 1, open.name, operator));
}

function makeOperator(sign: string, body: readonly Part[], bodyText: string): VariableOperator {
  if (sign.startsWith('#') || sign.startsWith('%')) {
    const side = sign.startsWith('#') ? 'prefix' : 'suffix';
    return { kind: 'trim', side, longest: sign.length === 2, glob: body };
  }
  const operator = sign.at(-1) as Operator;
  return { kind: 'word', operator, colon: sign.length === 2, word: body, wordText: bodyText };
}

/** What was opened and never closed is text; the parts found behind it stay. */
export function joinUnclosed(text: string, frames: readonly Frame[]): Part[] {
  const parts: Part[] = [];
  for (const { open, parts: inner } of frames) {
    if (open !== null) {
      const opening = text.slice(open.escaped ? open.start - 1 : open.start, open.bodyStart);
      appendPart(parts, { kind: 'text', text: opening });
    }
    for (const part of inner) appendPart(parts, part);
  }
  return parts;
}
