/** What XML 1.0 has no place for (§2.2), a half of a surrogate pair included; control characters above all. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const COLOURS = /\x1b\[[0-9;:]*m/g;

/** An attribute with a space before it; line breaks in it stay. */
export function attribute(name: string, value: string | number): string {
  const text = allowed(String(value))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
  return ` ${name}="${text}"`;
}

/** Text of any kind as character data; colours are left out, other characters that XML forbids replaced. */
export function cdata(text: string): string {
  return `<![CDATA[${allowed(text).replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

function allowed(text: string): string {
  return text.replace(COLOURS, '').replace(FORBIDDEN, '\ufffd');
}
