import type { Happening, Mailbox } from './mailbox.ts';

/**
 * Does one thing before anything else of an attempt runs, and takes the mail meanwhile: `onStop` hears of stops, which
 * end the work by its signal. Null: it was stopped.
 */
export async function interruptible<T>(
  mailbox: Mailbox,
  onStop: (happening: Happening) => Promise<void>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const abort = new AbortController();
  const done: { value: T }[] = [];
  work(abort.signal).then(
    (value) => {
      done.push({ value });
      mailbox.post({ kind: 'prepared' });
    },
    (error: unknown) => mailbox.post({ kind: 'fault', error }),
  );
  for (;;) {
    let prepared = false;
    for (const happening of await mailbox.take()) {
      if (happening.kind === 'fault') throw happening.error;
      if (happening.kind === 'prepared') {
        prepared = true;
        continue;
      }
      await onStop(happening);
      if (happening.kind !== 'leave') abort.abort();
    }
    // Not before its letter is taken, also when the work has ended meanwhile: whoever reads next must not find it.
    const [ended] = done;
    if (prepared && ended !== undefined) return abort.signal.aborted ? null : ended.value;
  }
}
