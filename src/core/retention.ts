import type { Retention } from './schedule.ts';

export const DEFAULT_RETENTION: Retention = { days: 30 };

const DAY_MS = 86_400_000;

/**
 * Which ended runs a retention lets go: beyond the newest `keep`, and ended before that instant if it is not null. With
 * 0 days a run stays until the next one ends.
 */
export function beyond(retention: Retention, now: number): { endedBefore: number | null; keep: number } {
  if ('runs' in retention) return { endedBefore: null, keep: retention.runs };
  const { days } = retention;
  return { endedBefore: now - days * DAY_MS, keep: days === 0 ? 1 : 0 };
}
