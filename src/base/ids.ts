/** Bytes from a random source; `crypto.randomBytes` in production, a seeded one in tests. */
export type RandomBytes = (count: number) => Uint8Array;

/** Run ids that a person may give with `--run-id` (LANGUAGE.md §23.1). */
export const RUN_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** A UUID of version 7 (RFC 9562 §5.7): sorts by the millisecond it was made in. */
export function uuidv7(wallMs: number, random: RandomBytes): string {
  const bytes = Uint8Array.from(random(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(wallMs / 2 ** 32));
  view.setUint32(2, wallMs >>> 0);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What people are shown of a run id: the last 8 characters (CLI.md §1), but all of one that a person has chosen. */
export function shortId(id: string): string {
  return UUID.test(id) ? id.slice(-8) : id;
}
