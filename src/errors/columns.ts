import { displayWidth } from '../base/width.ts';

/** Directions that reorder what is shown, and controls: they would hide what stands in the file. */
const HIDDEN = /[\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;

/** Foreign text as it may be shown on one line: controls are replaced by visible signs, tabs stay. */
export function visible(text: string): string {
  return text
    .replace(CONTROL, (char) => (char < ' ' ? String.fromCodePoint(0x2400 + char.charCodeAt(0)) : '\u2421'))
    .replace(HIDDEN, '\ufffd');
}

const TAB = 4;

/** Tabs as spaces up to the next multiple of four columns; `from` is the column the text begins at. */
export function expandTabs(text: string, from = 0): string {
  if (!text.includes('\t')) return text;
  let out = '';
  let at = from;
  for (const piece of text.split(/(\t)/)) {
    const shown = piece === '\t' ? ' '.repeat(TAB - (at % TAB)) : piece;
    out += shown;
    at += displayWidth(shown);
  }
  return out;
}
