/** A JSON value. Objects that come from users have no prototype, so that any key is only a key. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/**
 * A value as text (LANGUAGE.md §1.3, §8.1): strings raw, booleans and numbers in their shortest exact form,
 * null, lists and objects as compact JSON.
 */
export function jsonToText(value: Json): string {
  if (typeof value === 'string') return value;
  // JSON.stringify would give 1e+21.
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value).toString();
  return JSON.stringify(value);
}

/** Whether the text is one JSON value. */
export function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
