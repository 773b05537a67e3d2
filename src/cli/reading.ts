import { openToRead, reading, type Reading, type Tell } from '../machine/stores.ts';
import type { Store } from '../store/store.ts';
import type { Context } from './context.ts';

export type { Reading } from '../machine/stores.ts';

/** Opens the store for a command that only looks; nothing is made, and without a database all is empty. */
export function withReading<T>(context: Context, work: (reading: Reading) => Promise<T>): Promise<T> {
  return reading(context, telling(context), work);
}

/** @throws FlowError (exit 1, S014) when there is no database yet. */
export function openReadOnly(context: Context): Promise<Store> {
  return openToRead(context, telling(context));
}

function telling(context: Context): { note: Tell; waiting: Tell } {
  return { note: context.quiet ? () => undefined : waiting(context), waiting: waiting(context) };
}

/** Tells people why a command waits. */
export function waiting(context: Context): Tell {
  return (message) => tell(context, message);
}

function tell({ err, paintErr }: Context, message: string): void {
  err.write(`${paintErr('warning', 'note:')} ${message}\n`);
}
