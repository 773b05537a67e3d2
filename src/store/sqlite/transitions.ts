import { RUN_TRANSITIONS, STEP_TRANSITIONS, TRY_TRANSITIONS } from '../../core/states.ts';

/** A list of words for `in (…)`. */
export function words(list: readonly string[]): string {
  return list.map((word) => `'${word}'`).join(', ');
}

/** A trigger that refuses what the table of `core/states.ts` does not list; a row written unchanged passes. */
function transitions(table: string, allowed: Readonly<Record<string, readonly string[]>>): string {
  const cases = Object.entries(allowed).map(
    ([from, to]) => `when '${from}' then ${to.length === 0 ? '0' : `new.state in (${words(to)})`}`,
  );
  return `
create trigger ${table}_transition before update of state on ${table}
when new.state <> old.state and not case old.state ${cases.join(' ')} else 0 end
begin select raise(abort, 'illegal change of ${table}.state'); end;`;
}

/** Made anew by version 2, so apart from that of tries. */
export const TRANSITIONS = [
  transitions('run', RUN_TRANSITIONS),
  transitions('attempt', RUN_TRANSITIONS),
  transitions('step', STEP_TRANSITIONS),
].join('\n');

export const TRANSITIONS_OF_TRIES = transitions('step_try', TRY_TRANSITIONS);
