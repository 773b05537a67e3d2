import { bool, int, object, raw, seconds, text, word } from './schema.ts';

/** The root fields that speak to the daemon (LANGUAGE.md §20, §21.1, §21.4). */
export const SCHEDULING = {
  schedule: raw('when the daemon starts, stops and restarts the DAG: cron expressions and instants'),
  jitter_sec: seconds('most seconds that a scheduled start is put off, the same for every start'),
  catchup_window: text('how far back missed starts are made up, as 6h; without it none are'),
  overlap_policy: word('what a start does that finds a run of the DAG', [
    ...(['skip', 'all', 'latest', 'cancel_running'] as const),
  ]),
  skip_if_successful: bool('skip a start when a run succeeded since the one before'),
  restart_wait_sec: seconds('seconds between the stop and the start of a restart'),
  queue: text('queue of the configuration for runs of this DAG; its private queue by default'),
  max_active_runs: int('older way to set the concurrency of the private queue', Number.MIN_SAFE_INTEGER),
  hist_retention_days: int('days that ended runs are kept; 0 keeps all'),
  hist_retention_runs: int('how many ended runs are kept', 1),
};

/** `schedule` as a map (§20.1). */
export const SCHEDULE = object('when the daemon starts, stops and restarts the DAG', {
  start: raw('when a run starts'),
  stop: raw('when running runs are stopped'),
  restart: raw('when running runs are stopped and a new one starts'),
});

/** An entry as a map. */
export const ENTRY = object('one entry of a schedule', {
  expression: text('cron expression, as 0 2 * * *'),
  at: text('an instant in RFC 3339 at which it fires once, as 2027-01-01T06:00:00Z'),
  profile: raw('named variables and secrets'),
});
