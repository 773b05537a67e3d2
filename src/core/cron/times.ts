import type { Cron } from './cron.ts';

/** Seconds of a day. */
export const DAY = 86_400;

/** The first matching second of a day from one on; null when the day has no more. */
export function nextTime({ hours, minutes, seconds }: Cron, least: number): number | null {
  const [h, m, s] = [Math.floor(least / 3_600), Math.floor(least / 60) % 60, least % 60];
  const [minute = 0] = minutes;
  const [second = 0] = seconds;
  for (const hour of hours) {
    if (hour < h) continue;
    if (hour > h) return hour * 3_600 + minute * 60 + second;
    for (const one of minutes) {
      if (one < m) continue;
      if (one > m) return hour * 3_600 + one * 60 + second;
      const exact = seconds.find((each) => each >= s);
      if (exact !== undefined) return hour * 3_600 + one * 60 + exact;
    }
  }
  return null;
}

/** `2026-03-08 02:30:00` of a wall clock that shows so many seconds since the epoch. */
export function wallText(wall: number): string {
  return new Date(wall * 1_000).toISOString().slice(0, 19).replace('T', ' ');
}
