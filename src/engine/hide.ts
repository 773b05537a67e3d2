import type { OutputValue } from '../core/dag.ts';
import type { RunEvent } from '../core/events.ts';
import type { Json } from '../base/json.ts';
import { isJsonText } from '../base/json.ts';
import type { Masker } from '../core/mask.ts';

/** An event without secrets: what is recorded, printed and read by others (LANGUAGE.md §10). */
export function hideInEvent(event: RunEvent, masker: Masker): RunEvent {
  const hidden: Record<string, unknown> = {};
  if ('message' in event && event.message !== null) hidden['message'] = masker.text(event.message);
  if (event.type === 'step.waiting' && event.task !== null)
    hidden['task'] = { ...event.task, prompt: masker.text(event.task.prompt) };
  if ('cwd' in event) hidden['cwd'] = masker.text(event.cwd);
  if ('outputs' in event) hidden['outputs'] = hideInOutputs(event.outputs, masker);
  return { ...event, ...hidden };
}

function hideInOutputs(
  outputs: Readonly<Record<string, OutputValue>>,
  masker: Masker,
): Record<string, OutputValue> {
  const hidden = Object.create(null) as Record<string, OutputValue>;
  for (const [name, value] of Object.entries(outputs)) hidden[name] = hideInOutput(value, masker);
  return hidden;
}

/** JSON stays JSON: a number that is a secret becomes text. */
function hideInOutput(value: OutputValue, masker: Masker): OutputValue {
  const text = masker.text(value.text);
  if (value.type === 'string' || text === value.text || isJsonText(text)) return { type: value.type, text };
  return { type: 'json', text: JSON.stringify(hideInJson(JSON.parse(value.text) as Json, masker)) };
}

function hideInJson(value: Json, masker: Masker): Json {
  if (typeof value === 'string') return masker.text(value);
  if (Array.isArray(value)) return value.map((item) => hideInJson(item, masker));
  if (value === null || typeof value !== 'object') {
    return masker.finds(JSON.stringify(value)) ? masker.text(JSON.stringify(value)) : value;
  }
  const hidden = Object.create(null) as { [key: string]: Json };
  for (const [key, item] of Object.entries(value)) hidden[masker.text(key)] = hideInJson(item, masker);
  return hidden;
}
