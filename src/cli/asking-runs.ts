import { openQuestions } from '../core/questions.ts';
import type { Snapshot } from '../core/records.ts';
import type { AskingRun } from '../report/questions-text.ts';
import { storedDag } from '../machine/read-dag.ts';
import type { ReadStore } from '../machine/read-store.ts';

/** A run and those of its child runs that ask people something, with their DAGs; each is answered under its own id. */
export async function askingRuns(store: ReadStore, snapshot: Snapshot): Promise<AskingRun[]> {
  const asks = openQuestions(snapshot).length > 0;
  const asking: AskingRun[] = asks ? [{ snapshot, dag: (await storedDag(store, snapshot)).dag }] : [];
  // Only a step that waits without a question of its own waits for a child run.
  if (!snapshot.steps.some((step) => step.state === 'waiting')) return asking;
  for (const { id } of await store.runs({ parent: snapshot.run.id, states: ['waiting'], limit: 0 })) {
    const child = await store.load(id);
    if (child !== null) asking.push(...(await askingRuns(store, child)));
  }
  return asking;
}
