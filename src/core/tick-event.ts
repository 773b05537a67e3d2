import type { ScheduleKind } from './schedule.ts';

/** What became of a tick (LANGUAGE.md §20.6, §20.7). */
export interface TickDecided {
  readonly type: 'tick.started' | 'tick.skipped' | 'tick.missed';
  readonly dag: string;
  readonly kind: ScheduleKind;
  readonly scheduledAt: number;
  readonly reason: string | null;
  readonly message: string | null;
  readonly count: number;
  readonly firstAt: number;
}
