import type { Diagnostic, Source } from '../errors/diagnostic.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The text of a file: UTF-8, a byte order mark is skipped (LANGUAGE.md §2.1). With a problem the text is only
 * good for showing the place.
 */
export function decode(file: string, bytes: Uint8Array): { source: Source; problem: Diagnostic | null } {
  if (bytes.length > MAX_BYTES) {
    const message = `limit: file size, at most ${MAX_BYTES} bytes, this file has ${bytes.length}`;
    return { source: { file, text: '' }, problem: { code: 'E111', severity: 'error', message } };
  }
  const utf16 = utf16Name(bytes);
  if (utf16 !== null) {
    const problem = yamlProblem(
      { file, text: '' },
      null,
      `the file is ${utf16}, not UTF-8`,
      'save it as UTF-8',
    );
    return { source: { file, text: '' }, problem };
  }
  try {
    return { source: { file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }, problem: null };
  } catch {
    const source = { file, text: new TextDecoder('utf-8').decode(bytes) };
    const bad = firstBadByte(bytes);
    const reason = `not UTF-8: byte 0x${hex(bytes[bad] ?? 0)} cannot stand here, is the file latin-1?`;
    const before = new TextDecoder('utf-8').decode(bytes.subarray(0, bad));
    return { source, problem: yamlProblem(source, before.length, reason, 'save it as UTF-8') };
  }
}

function yamlProblem(source: Source, offset: number | null, reason: string, hint: string): Diagnostic {
  const span = offset === null ? {} : { span: { source, start: offset, end: offset + 1 } };
  return { code: 'E102', severity: 'error', message: `yaml: ${reason}`, hint, ...span };
}

/** UTF-16 by its byte order mark, or by NUL in every second byte of the beginning. */
function utf16Name(bytes: Uint8Array): string | null {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return 'UTF-16LE';
  if (a === 0xfe && b === 0xff) return 'UTF-16BE';
  if (bytes.length < 4) return null;
  const head = bytes.subarray(0, 4);
  if (head[0] !== 0 && head[1] === 0 && head[2] !== 0 && head[3] === 0) return 'UTF-16LE';
  if (head[0] === 0 && head[1] !== 0 && head[2] === 0 && head[3] !== 0) return 'UTF-16BE';
  return null;
}

/** Offset of the first byte that is not UTF-8: the line is found first, a line break is never inside a character. */
function firstBadByte(bytes: Uint8Array): number {
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    if (!valid(bytes.subarray(start, end), false)) {
      let low = 0;
      let high = end - start;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (valid(bytes.subarray(start, start + middle), true)) low = middle;
        else high = middle - 1;
      }
      // The character may be cut off: back to where the last whole one ended.
      while (!valid(bytes.subarray(start, start + low), false)) low -= 1;
      return start + low;
    }
    start = end;
  }
  return 0;
}

/** `partial`: the last character may be cut off. */
function valid(bytes: Uint8Array, partial: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: partial });
    return true;
  } catch {
    return false;
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
