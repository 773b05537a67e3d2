import type { Json } from '../base/json.ts';
import { isNumberText, isValueList, isValueMap } from '../base/value.ts';
import type { Value } from '../base/value.ts';
import { expandText } from '../core/reference/expand.ts';
import type { Scope, TemplateClass } from '../core/reference/template.ts';

/** What was found while fields were resolved: a code and a sentence that never holds a value. */
export interface Finding {
  readonly code: string;
  readonly message: string;
}

/** Resolves the fields of one step, or of the root, and collects what cannot be resolved (LANGUAGE.md §8.4). */
export class Resolver {
  readonly #scope: Scope;
  readonly #mode: 'strict' | 'keep';
  #failure: Finding | null = null;
  readonly warnings: Finding[] = [];

  constructor(scope: Scope, mode: 'strict' | 'keep') {
    this.#scope = scope;
    this.#mode = mode;
  }

  /** The first thing that could not be resolved. */
  get failure(): Finding | null {
    return this.#failure;
  }

  fail(code: string, message: string): void {
    this.#failure ??= { code, message };
  }

  text(field: string, template: string, cls: TemplateClass): string {
    const { text, problems } = expandText(template, cls, this.#scope, this.#mode);
    for (const { code, reference, reason, cause } of problems) {
      if (code === 'W405') {
        const message = `${field}: \`${reference}\` has no value and was left as text`;
        if (!this.warnings.some((w) => w.code === code && w.message.startsWith(`${field}:`))) {
          this.warnings.push({ code, message });
        }
      } else if (code === 'R403') this.fail(code, `${field}: \`${reference}\`: ${reason}`);
      else if (this.#mode === 'strict') {
        this.fail(code, `cannot resolve \`${reference}\` in \`${field}\`: ${reason}`);
      } else {
        this.warnings.push({
          code: 'W402',
          message: `${field}: \`${reference}\` was left unchanged, reason=${cause ?? 'no_value'}`,
        });
      }
    }
    return text;
  }

  /** Text at every depth of a tree. */
  tree(field: string, value: Json): Json {
    if (typeof value === 'string') return this.text(field, value, 'full');
    if (Array.isArray(value)) return value.map((item, i) => this.tree(`${field}[${i}]`, item));
    if (value === null || typeof value !== 'object') return value;
    const resolved = Object.create(null) as { [key: string]: Json };
    for (const [key, item] of Object.entries(value)) resolved[key] = this.tree(`${field}.${key}`, item);
    return resolved;
  }

  /** The same for data whose numbers keep their text; `$NAME` is expanded in class full only. */
  value(field: string, value: Value, cls: TemplateClass = 'full'): Value {
    if (typeof value === 'string') return this.text(field, value, cls);
    if (typeof value !== 'object' || value === null || isNumberText(value)) return value;
    if (isValueList(value)) return value.map((item, i) => this.value(`${field}[${i}]`, item, cls));
    if (!isValueMap(value)) return value;
    return new Map([...value].map(([key, item]) => [key, this.value(`${field}.${key}`, item, cls)]));
  }

  map(field: string, values: ReadonlyMap<string, string>): Map<string, string> {
    return new Map([...values].map(([key, value]) => [key, this.text(`${field}.${key}`, value, 'full')]));
  }

  list(field: string, values: readonly string[]): string[] {
    return values.map((value, i) => this.text(`${field}[${i}]`, value, 'full'));
  }

  /** A number, or text that resolves to one (R604). */
  number(field: string, value: number | string): number {
    if (typeof value === 'number') return value;
    const text = this.text(field, value, 'full').trim();
    const number = Number(text);
    if (text === '' || !Number.isFinite(number) || number < 0) {
      this.fail('R604', `\`${field}\`: "${text}" is not a number`);
      return 0;
    }
    return number;
  }
}
