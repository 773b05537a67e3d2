import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ActionEnd } from '../../src/actions/action.ts';
import { perform } from '../../src/actions/perform.ts';
import type { ActionWork } from '../../src/actions/perform.ts';
import { dagOf } from '../support/diagnose.ts';
import { testIo } from './http/support.ts';
import type { TestIo } from './http/support.ts';

/** A directory that is gone after the test. */
export function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flow-action-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** An action as the loader makes it of a file; there are no references in it. */
export function actionOf(name: string, given: unknown): ActionWork {
  const text = JSON.stringify({ steps: [{ action: name, with: given }] });
  return dagOf(text).steps[0]!.action as ActionWork;
}

export interface Done {
  readonly end: ActionEnd;
  readonly printed: string;
  /** Outputs, json ones as values. */
  readonly outputs: Record<string, unknown>;
  /** The message of a failure with R720. */
  readonly failure: string | null;
}

/** Performs an action and waits for its end. */
export async function done(name: string, given: unknown, io: TestIo = testIo()): Promise<Done> {
  const end = await perform(actionOf(name, given), io);
  if (end.error !== null && end.error.code !== 'R720') throw new Error(`not R720: ${end.error.code}`);
  const outputs = Object.fromEntries(
    Object.entries(end.outputs).map(([key, { type, text }]) => [
      key,
      type === 'json' ? (JSON.parse(text) as unknown) : text,
    ]),
  );
  return { end, printed: io.printed(), outputs, failure: end.error?.message ?? null };
}
