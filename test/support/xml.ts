/** An element of XML 1.0, as far as reports need it: no name spaces, no document type. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** All character data directly in it. */
  readonly text: string;
}

const TOKEN =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<\/([\w-]+)\s*>|<([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

/** Reads a document. @throws when it is not well-formed, or holds a character that XML has no place for. */
export function parseXml(document: string): Element {
  const forbidden = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(document);
  if (forbidden !== null) throw new Error(`forbidden character at ${forbidden.index}`);
  const body = document.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  if (body === document) throw new Error('no declaration');
  const open: { name: string; attributes: Record<string, string>; children: Element[]; text: string }[] = [
    { name: '', attributes: {}, children: [], text: '' },
  ];
  const top = (): (typeof open)[number] => {
    const last = open.at(-1);
    if (last === undefined) throw new Error('an end without a beginning');
    return last;
  };
  let at = 0;
  for (const match of body.matchAll(TOKEN)) {
    const [whole, cdata, end, name, attributes = '', empty, text] = match;
    at = match.index + whole.length;
    if (cdata !== undefined) top().text += cdata;
    else if (text !== undefined) {
      if (text.includes(']]>')) throw new Error(']]> in text');
      top().text += plain(text);
    } else if (name !== undefined) {
      open.push({ name, attributes: attributesOf(attributes), children: [], text: '' });
    }
    if (end !== undefined || empty === '/') {
      const element = open.pop();
      if (element === undefined || (end !== undefined && element.name !== end)) throw new Error(`</${end}>`);
      top().children.push(element);
    }
  }
  if (at !== body.length) throw new Error(`not well-formed: ${body.slice(at, at + 80)}`);
  const [root, ...more] = top().children;
  if (open.length !== 1 || root === undefined || more.length > 0) throw new Error('not one root element');
  return root;
}

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(
    ([, name = '', value = '']) => [name, plain(value)] as const,
  );
  if (new Set(found.map(([name]) => name)).size !== found.length) throw new Error(`twice in ${text}`);
  return Object.fromEntries(found);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };

function plain(text: string): string {
  return text.replace(/&([^;]*;?)/g, (whole, entity: string) => {
    const [, number, name] = /^(?:#(\d+)|(\w+));$/.exec(entity) ?? [];
    const character = number === undefined ? NAMED[name ?? ''] : String.fromCodePoint(Number(number));
    if (character === undefined) throw new Error(`not an entity: ${whole}`);
    return character;
  });
}
