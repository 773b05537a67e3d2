import { didYouMean } from '../errors/suggest.ts';
import { fields } from '../language/place.ts';
import { report, type Report } from '../language/report.ts';
import type { Node } from '../language/tree.ts';
import {
  expected,
  fits,
  LATER_KEYS,
  SETTINGS,
  SETTING_KEYS,
  type SettingKey,
  type Shape,
} from './settings.ts';
import { readYamlMap, type YamlField } from './yaml-map.ts';

/**
 * The settings of one configuration file, as text, all checked.
 * @throws FlowError (exit 2) with every problem and its place (CLI.md §7).
 */
export function readConfigFile(path: string): Map<SettingKey, string> {
  return readYamlMap(path, path, (all, into) => {
    const settings = new Map<SettingKey, string>();
    for (const field of all.flatMap((one) => nested(one, into))) {
      const text = readField(field, into);
      if (text !== null) settings.set(field.key as SettingKey, text);
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
  if (LATER_KEYS.includes(key)) {
    report(into, 'E901', at, `\`${key}\` is not supported yet`, { label: '' });
    return null;
  }
  if (!isSetting(key)) {
    const hint = didYouMean(key, [...SETTING_KEYS, ...LATER_KEYS]);
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

function isSetting(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

function isOfType(shape: Shape, node: Node): boolean {
  if (node.kind !== 'leaf') return false;
  if (shape.kind === 'bool') return node.type === 'bool';
  if (shape.kind === 'int') return node.type === 'int';
  return node.type === 'text';
}

function typeName(node: Node): string {
  if (node.kind !== 'leaf') return node.kind;
  return node.type === 'null' ? 'null' : node.type;
}
