import { int, object, raw, text, textList, word } from './schema.ts';

export const FORM_TYPES = ['string', 'integer', 'number', 'boolean'] as const;

const ABOUT = { title: text('short name, for people'), description: text('what it is, for people') };

/** The JSON Schema of a form: a flat object (LANGUAGE.md §18.1). */
export const FORM = object('the values that the person gives', {
  type: word('object', ['object']),
  ...ABOUT,
  properties: raw('the values by name; each becomes an output', { type: 'object' }),
  required: textList('names of the values that must be given'),
});

/** One of its values: a scalar. */
export const FORM_FIELD = object('one value', {
  type: word('string, integer, number or boolean; string by default', FORM_TYPES),
  ...ABOUT,
  default: raw('value when none is given', { type: ['string', 'number', 'boolean'] }),
  examples: raw('examples, for people', { type: 'array' }),
  enum: raw('the allowed values', { type: 'array' }),
  const: raw('the only allowed value'),
  format: text('what the text is, as date or email', { type: 'string' }),
  pattern: text('regular expression that the text matches', { type: 'string' }),
  minLength: int('least number of characters'),
  maxLength: int('greatest number of characters'),
  minimum: raw('least number', { type: 'number' }),
  maximum: raw('greatest number', { type: 'number' }),
  exclusiveMinimum: raw('number that it is greater than', { type: 'number' }),
  exclusiveMaximum: raw('number that it is less than', { type: 'number' }),
  multipleOf: raw('number that it is a multiple of', { type: 'number' }),
});
