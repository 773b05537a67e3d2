import type { Value } from '../base/value.ts';
import type { Node } from './tree.ts';

/** A node as data that passes through flow: numbers keep the text of the file. */
export function toValue(node: Node): Value {
  if (node.kind === 'list') return node.items.map(toValue);
  if (node.kind === 'map')
    return new Map([...node.entries].map(([key, entry]) => [key, toValue(entry.node)]));
  switch (node.type) {
    case 'text':
      return node.text;
    case 'null':
      return null;
    case 'bool':
      return node.text.toLowerCase() === 'true';
    case 'int':
    case 'number':
      return { number: node.text };
  }
}
