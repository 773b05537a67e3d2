/** Seeds that failed once, with the bug of flow that they found; they stay in the suite. */
export const FOUND_SEEDS: readonly number[] = [
  // An item that had failed was reset and started in one commit after a takeover, which the database refused.
  ...[87, 122, 155, 185, 213, 270],
  // Questions were read in the order of a clock that had been set back.
  ...[1016, 1135, 1384, 1443, 1490],
  // A stop left the try of a step whose child run waited going on; one during the last handlers left processes alive.
  ...[2083, 2810],
  // The end of a root precondition, during the commit of a stop, was left in the mailbox of the attempt.
  ...[929, 5685, 7284],
];

/** Of simulated daemons (`--daemons`). */
export const FOUND_DAEMON_SEEDS: readonly number[] = [
  // A late claim began a run that had been taken out of its queue.
  ...[142, 342],
  // A run began between the look at the queue and the decision to replace it.
  195,
  // The wait of a restart was as long as a clock had been set back.
  914,
];
