import { formatDuration } from '../base/duration.ts';

/** An instant of the journal as JSON shows it (CLI.md §4); null stays null. */
export function iso(ms: number): string;
export function iso(ms: number | null): string | null;
export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** `2026-11-23 06:20:01` in the local zone. */
export function localTime(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** What is left of a wait, rounded up: a countdown that races by tells nothing. */
export function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000) * 1_000;
}

/** How long something goes on, in whole seconds for the same reason: `0s`, `12s`, `2m05s`. */
export function goingFor(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  return seconds < 10 ? `${seconds}s` : formatDuration(seconds * 1_000);
}

const STEPS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

/** `5m ago`, `just now`; one unit is enough to place it. */
export function ago(ms: number, now: number): string {
  const past = now - ms;
  for (const [size, unit] of STEPS) if (past >= size) return `${Math.floor(past / size)}${unit} ago`;
  return 'just now';
}

/** How long something took or has been going on; empty when it has not begun. */
export function took(startedAt: number | null, finishedAt: number | null, now: number): string {
  if (startedAt === null) return '';
  return formatDuration(Math.max(0, (finishedAt ?? now) - startedAt));
}
