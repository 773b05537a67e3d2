import { stat } from 'node:fs/promises';
import { isTimeZone, parseInstant } from '../../base/instant.ts';
import type { WaitAction } from '../../core/flow-action.ts';
import { SUCCEEDED } from '../action.ts';
import type { ActionEnd, ActionIo } from '../action.ts';
import { isMissing } from '../files/place.ts';
import { inDirectory } from '../place.ts';
import { ActionFailure, fileFailure } from '../result.ts';
import { durationOf, intervalOf, pause } from './pause.ts';
import { waitHttp } from './wait-http.ts';

/** An instant is looked at again this often: clocks are set, and machines sleep. */
const LOOK_AGAIN_MS = 30_000;

/** The waits of LANGUAGE.md §19.1. They hold no process and end at once with `io.signal`. */
export async function wait(action: WaitAction, io: ActionIo): Promise<ActionEnd> {
  switch (action.kind) {
    case 'wait.duration':
      await waitDuration(action, io);
      break;
    case 'wait.until':
      await waitUntil(instantOf(action, io), io);
      break;
    case 'wait.file':
      await waitFile(action, io);
      break;
    case 'wait.http':
      await waitHttp(action, io);
  }
  return SUCCEEDED;
}

/** A time by the monotonic clock; what is left of an interrupted wait (R5) by the wall clock, which outlives flow. */
async function waitDuration(
  action: Extract<WaitAction, { kind: 'wait.duration' }>,
  io: ActionIo,
): Promise<void> {
  const ms = durationOf('duration', action.duration);
  if (action.since === null) await pause(ms, io);
  else await waitUntil(action.since + ms, io);
}

async function waitUntil(instant: number, io: ActionIo): Promise<void> {
  for (;;) {
    const left = instant - io.clock.wall();
    if (left <= 0) return;
    await pause(Math.min(left, LOOK_AGAIN_MS), io);
  }
}

function instantOf(action: Extract<WaitAction, { kind: 'wait.until' }>, io: ActionIo): number {
  const zone = action.timezone ?? (io.env['FLOW_TZ'] || null) ?? io.timeZone;
  if (zone !== null && !isTimeZone(zone))
    throw new ActionFailure(`unknown time zone ${JSON.stringify(zone)}`);
  const instant = parseInstant(action.until.trim(), zone);
  if (instant !== null) return instant;
  throw new ActionFailure(
    `unreadable time ${JSON.stringify(action.until)}, expected RFC 3339 or YYYY-MM-DD HH:MM[:SS]`,
  );
}

async function waitFile(action: Extract<WaitAction, { kind: 'wait.file' }>, io: ActionIo): Promise<void> {
  const path = inDirectory(io, action.path);
  const interval = intervalOf('poll_interval', action.pollInterval);
  while ((await exists(path)) !== (action.state === 'exists')) await pause(interval, io);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw fileFailure(path, error);
  }
}
