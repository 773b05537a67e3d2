import type { Cron } from '../../../src/core/cron/cron.ts';
import { parseCron } from '../../../src/core/cron/parse.ts';

/** An expression that must be right. */
export function cronOf(text: string): Cron {
  const parsed = parseCron(text);
  if ('cron' in parsed) return parsed.cron;
  throw new Error(`${text}: ${parsed.problems.map(({ message }) => message).join('; ')}`);
}

/** The messages for one that must be wrong. */
export function problemsOf(text: string): string[] {
  const parsed = parseCron(text);
  return 'cron' in parsed ? [] : parsed.problems.map(({ message }) => message);
}
