import { didYouMean } from '../errors/suggest.ts';
import { keyAt } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import { replacement, snakeCase } from './replaced.ts';
import type { Room } from './replaced.ts';
import { refusedKey, refusedKeys } from './unsupported.ts';
import type { Place as Table } from './unsupported.ts';

const TABLE: Readonly<Partial<Record<Room, Table>>> = {
  ...{
    root: 'root',
    step: 'step',
    handler: 'step',
    defaults: 'defaults',
    with: 'with',
    approval: 'approval',
  },
};

/** Reports a key that its map does not know: E107, E901, E902, or E106 with the nearest known one. */
export function reportUnknownKey(
  into: Report,
  map: Place,
  key: string,
  room: Room,
  known: readonly string[],
): void {
  const where = keyAt(map, key);
  if (room === 'run' && !known.includes(snakeCase(key) ?? '')) {
    const hint = `with of a run step knows ${known.join(', ')}`;
    report(into, 'E302', where, `with.${key} is not allowed with run`, { label: ownerOf(map.path), hint });
    return;
  }
  const table = TABLE[room] ?? null;
  const refusal = table === null ? null : refusedKey(table, key);
  const say = (code: string, text: string, hint: string | null = null): void =>
    report(into, code, where, text, { label: map.path, hint });
  const older = (instead: string): void =>
    say('E107', `${quote(key)} is an older spelling, write ${instead}`);
  if (refusal !== null) {
    say(refusal.code, refusal.text);
    return;
  }
  const instead = replacement(room === 'handler' ? 'step' : room, key);
  if (instead !== null) {
    older(instead);
    return;
  }
  const all = table === null ? known : [...known, ...refusedKeys(table)];
  const snake = snakeCase(key);
  if (snake !== null && (all.includes(snake) || replacement(room, snake) !== null)) {
    older(replacement(room, snake) ?? snake);
    return;
  }
  say('E106', `unknown key ${quote(key)}`, didYouMean(key, known));
}

/** `steps[0].with` → `steps[0]`. */
function ownerOf(path: string): string {
  return path.replace(/\.?[^.]*$/, '');
}
