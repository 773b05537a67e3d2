import { resolve } from 'node:path';
import { flowError } from '../errors/diagnostic.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Setup } from './setup.ts';

/** Where state is kept when nobody says it (CLI.md §1). @throws FlowError (exit 70) when no place is known */
export function defaultHome(env: Setup['env'], userHome: string | undefined): string {
  const state = env['XDG_STATE_HOME'];
  if (state !== undefined && state.startsWith('/')) return resolve(state, 'flow');
  if (userHome !== undefined) return resolve(userHome, '.local/state/flow');
  throw flowError(
    EXIT.fault,
    'S017',
    'there is no HOME, so flow does not know where to keep its state',
    'set FLOW_HOME to a directory of yours, or give --home DIR',
  );
}
