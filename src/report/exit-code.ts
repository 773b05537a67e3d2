import type { RunRecord } from '../core/records.ts';
import { EXIT, type ExitCode } from '../errors/exit-codes.ts';

/** The exit code of a run by its final record (CLI.md §2, LANGUAGE.md §15.3). */
export function exitCodeOf(run: Pick<RunRecord, 'state' | 'reason'>): ExitCode {
  switch (run.state) {
    case 'succeeded':
    case 'partially_succeeded':
      return EXIT.ok;
    case 'failed':
      return run.reason === 'run_timed_out' || run.reason === 'R603' ? EXIT.timedOut : EXIT.failed;
    case 'rejected':
      return EXIT.rejected;
    case 'waiting':
      return EXIT.waiting;
    case 'aborted':
      if (run.reason === 'precondition_not_met') return EXIT.ok;
      return run.reason === 'sigint' ? EXIT.interrupted : EXIT.terminated;
    case 'queued':
    case 'running':
    case 'aborting':
      // The process leaves at the third signal: what runs goes on, the run is interrupted.
      return EXIT.terminated;
  }
}
