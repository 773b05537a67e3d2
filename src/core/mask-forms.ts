/** Shorter ones would mask words that have nothing to do with the secret (LANGUAGE.md §10, W303). */
const LEAST = 4;

/**
 * The texts under which a secret may appear in output (LANGUAGE.md §10, RELIABILITY.md H6): its value and each line
 * of it, and of these base64 wherever it begins in the encoded text, URL-encoded and escaped as in JSON. Empty for
 * a value that is too short to be masked.
 */
export function formsOf(value: string): string[] {
  const forms = new Set<string>();
  const lines = value.split(/\r\n|\r|\n/);
  for (const text of [value, ...lines].flatMap((part) => [part, part.trim()])) {
    if (!isLongEnough(text) || text.trim() === '') continue;
    const bytes = new TextEncoder().encode(text);
    forms.add(text);
    for (const form of [...base64Forms(bytes), ...urlForms(bytes), ...jsonForms(text)]) {
      if (isLongEnough(form)) forms.add(form);
    }
  }
  return [...forms];
}

/** False: no part of this secret is masked (W303). */
export function isMaskable(value: string): boolean {
  return formsOf(value).length > 0;
}

function isLongEnough(text: string): boolean {
  return text.length >= LEAST && (text.length >= 2 * LEAST || [...text].length >= LEAST);
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * Base64 of the bytes alone, and what is certain of it when other bytes stand before and behind them: three ways to
 * begin within a group, less the digits that they share with their neighbours.
 */
function base64Forms(bytes: Uint8Array): string[] {
  const forms = [base64(bytes, 0, true)];
  for (const offset of [0, 1, 2]) forms.push(base64(bytes, offset, false));
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function base64(bytes: Uint8Array, offset: number, whole: boolean): string {
  const shared = [0, 2, 3][offset] ?? 0;
  const bits = (offset + bytes.length) * 8;
  const at = (i: number): number => bytes[i - offset] ?? 0;
  let text = '';
  const count = whole ? Math.ceil(bits / 6) : Math.floor(bits / 6);
  for (let digit = shared; digit < count; digit++) {
    const bit = digit * 6;
    const pair = (at(bit >> 3) << 8) | at((bit >> 3) + 1);
    text += DIGITS.charAt((pair >> (10 - (bit & 7))) & 63);
  }
  return whole ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text;
}

/** Encoders differ in what they leave as it is, in the case of the digits, and in how they write a space. */
function urlForms(bytes: Uint8Array): string[] {
  return [/[\w.~-]/, /[\w.~!'()*-]/, /[\w.~/-]/, /[\w.~-]/].flatMap((plain, i) => {
    const space = i === 3 ? '+' : '%20';
    const encode = (hex: (byte: number) => string): string =>
      [...bytes]
        .map((byte) => {
          const char = String.fromCharCode(byte);
          if (byte === 0x20) return space;
          return byte < 0x80 && plain.test(char) ? char : `%${hex(byte)}`;
        })
        .join('');
    const lower = (byte: number): string => byte.toString(16).padStart(2, '0');
    return [encode((byte) => lower(byte).toUpperCase()), encode(lower)];
  });
}

/** As most write JSON, in ASCII only, and with an escaped slash. */
function jsonForms(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const escape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const ascii = plain.replaceAll(/[\u007f-\uffff]/g, escape);
  return [plain, ascii, plain.replaceAll('/', '\\/')];
}
