/** Exit codes of the command line (CLI.md §2). Stable: scripts rely on them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  waiting: 3,
  rejected: 4,
  busy: 5,
  fault: 70,
  timedOut: 124,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line per code, for `flow help exit-codes`. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'succeeded, partially succeeded, or the root precondition was not met'],
  [EXIT.failed, 'the run failed; another command was refused or failed'],
  [EXIT.usage, 'bad usage, file or parameters, or a warning under --strict: nothing ran'],
  [EXIT.waiting, 'the run waits for a person'],
  [EXIT.rejected, 'rejected by a person'],
  [EXIT.busy, 'not started: another live process holds what it needs'],
  [EXIT.fault, 'a fault of flow itself: a bug, a full disk, a corrupt database'],
  [EXIT.timedOut, 'the run failed by its own time limit'],
  [EXIT.interrupted, 'aborted by SIGINT (Ctrl-C)'],
  [EXIT.terminated, 'aborted otherwise: SIGTERM, SIGHUP, stopped'],
];
