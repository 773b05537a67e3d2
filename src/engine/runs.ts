import { stopChildren } from './finish-stop.ts';
import { resumeRun } from './resume.ts';
import { startRun } from './start.ts';
import type { RunVerbs } from './types.ts';

/** Handed to the engine from outside: a run drives child runs, and its own room must not depend on itself. */
export const runVerbs: RunVerbs = { start: startRun, resume: resumeRun, stopChildren };
