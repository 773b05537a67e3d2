import { didYouMean } from '../errors/suggest.ts';
import { field, fields, items, type Place } from '../language/place.ts';
import { report, type Report } from '../language/report.ts';
import type { Node } from '../language/tree.ts';
import {
  expected,
  fits,
  LIST_KEYS,
  SETTINGS,
  SETTING_KEYS,
  type ListKey,
  type SettingKey,
  type Shape,
} from './settings.ts';
import { readYamlMap, type YamlField } from './yaml-map.ts';

/**
 * The settings of one configuration file, as text, all checked.
 * @throws FlowError (exit 2) with every problem and its place (CLI.md §7).
 */
export function readConfigFile(path: string): Map<SettingKey | ListKey, string> {
  return readYamlMap(path, path, (all, into) => {
    const settings = new Map<SettingKey | ListKey, string>();
    for (const field of all.flatMap((one) => nested(one, into))) {
      const text = isListKey(field.key) ? readList(field.key, field, into) : readField(field, into);
      if (text !== null) settings.set(field.key as SettingKey | ListKey, text);
    }
    return settings;
  });
}

/** The keys of `http`, written out: `http.deny_private`. */
function nested(field: YamlField, into: Report): YamlField[] {
  const { key, value } = field;
  if (key.includes('.')) {
    report(into, 'E106', field.at, `unknown key \`${key}\``, { label: '' });
    return [];
  }
  if (key !== 'http' || (value.node.kind === 'leaf' && value.node.type === 'null')) return [field];
  if (value.node.kind !== 'map')
    report(into, 'E108', value, `\`http\` must be a map, got ${typeName(value.node)}`, { label: '' });
  return fields(value).map((inner) => ({ ...inner, key: `http.${inner.key}` }));
}

function readField({ key, at, value }: YamlField, into: Report): string | null {
  if (!isSetting(key)) {
    const hint = didYouMean(key, [...SETTING_KEYS, ...LIST_KEYS]);
    report(into, 'E106', at, `unknown key \`${key}\``, { label: '', hint });
    return null;
  }
  const { shape } = SETTINGS[key];
  const { node } = value;
  if (node.kind === 'leaf' && node.type === 'null') return null;
  if (node.kind !== 'leaf' || !isOfType(shape, node)) {
    report(into, 'E108', value, `\`${key}\` must be ${expected(shape)}, got ${typeName(node)}`, {
      label: '',
    });
    return null;
  }
  const text = node.type === 'bool' ? node.text.toLowerCase() : node.text;
  if (fits(shape, text)) return text;
  if (shape.kind === 'int') {
    report(into, 'E109', value, `\`${key}\` must be at least ${shape.least}`, { label: '' });
    return null;
  }
  const hint = shape.kind === 'word' ? didYouMean(text, shape.words) : null;
  report(into, 'E110', value, `invalid \`${key}\` "${text}", expected ${expected(shape)}`, {
    label: '',
    hint,
  });
  return null;
}

function isListKey(key: string): key is ListKey {
  return LIST_KEYS.some((one) => one === key);
}

/** A key whose value is a list, as JSON. */
function readList(key: ListKey, { value }: YamlField, into: Report): string | null {
  if (value.node.kind === 'leaf' && value.node.type === 'null') return null;
  if (value.node.kind !== 'list') {
    report(into, 'E108', value, `\`${key}\` must be a list, got ${typeName(value.node)}`, { label: '' });
    return null;
  }
  const read = key === 'queues' ? readQueue : readName;
  return JSON.stringify(items(value).map((one) => read(one, into)));
}

/** `{name, max_concurrency}` (LANGUAGE.md §21.1). */
function readQueue(place: Place, into: Report): readonly [string, number] | null {
  const [name, most] = [field(place, 'name'), field(place, 'max_concurrency')];
  for (const { key, at } of fields(place)) {
    if (key !== 'name' && key !== 'max_concurrency')
      report(into, 'E106', at, `unknown key \`${key}\``, {
        label: '',
        hint: 'a queue has name and max_concurrency',
      });
  }
  if (name?.node.kind !== 'leaf' || name.node.text.trim() === '') {
    report(into, 'E107', name ?? place, 'a queue needs a name, as {name: nightly, max_concurrency: 2}', {
      label: '',
    });
    return null;
  }
  if (most === null) return [name.node.text, 1];
  if (most.node.kind !== 'leaf' || most.node.type !== 'int' || Number(most.node.text) < 1) {
    report(into, 'E109', most, '`max_concurrency` must be a whole number ≥ 1', { label: '' });
    return null;
  }
  return [name.node.text, Number(most.node.text)];
}

/** A name of a variable, or the beginning of names as `AWS_*` (LANGUAGE.md §7.2). */
function readName(place: Place, into: Report): string | null {
  const { node } = place;
  if (node.kind === 'leaf' && /^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(node.text)) return node.text;
  const text = node.kind === 'leaf' ? `"${node.text}"` : `a ${node.kind}`;
  report(into, 'E110', place, `env_passthrough lists names as HOME and AWS_*, got ${text}`, { label: '' });
  return null;
}

function isSetting(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

function isOfType(shape: Shape, node: Node): boolean {
  if (node.kind !== 'leaf') return false;
  if (shape.kind === 'bool') return node.type === 'bool';
  if (shape.kind === 'int') return node.type === 'int';
  if (shape.kind === 'duration') return node.type === 'text' || node.type === 'int';
  return node.type === 'text';
}

function typeName(node: Node): string {
  if (node.kind !== 'leaf') return node.kind;
  return node.type === 'null' ? 'null' : node.type;
}
