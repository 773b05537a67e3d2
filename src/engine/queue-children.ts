import { failed, SUCCEEDED } from '../actions/action.ts';
import type { RunRecord } from '../core/records.ts';
import { RunExists } from '../store/store.ts';
import { childRequest } from './child-request.ts';
import type { ChildrenInput } from './children.ts';
import type { ChildSpec } from './child-specs.ts';
import { inFlowOutput } from './in-flow-output.ts';
import { withoutProcess } from './launch.ts';
import type { RunningTry, TryEnd } from './launch.ts';
import type { CompositeWork } from './prepare.ts';
import type { Finding } from './resolver.ts';
import { queueRun } from './create-run.ts';
import type { CompositeTry } from './tries.ts';

type QueueWork = Extract<CompositeWork, { kind: 'dag.enqueue' }>;

/** One try of a `dag.enqueue` step: it records queued runs and does not wait for them (LANGUAGE.md §16.2, §17). */
export function queueChildren(at: ChildrenInput, prepared: CompositeTry, work: QueueWork): RunningTry {
  let stopped = false;
  const queueAll = async (): Promise<TryEnd> => {
    const runs: RunRecord[] = [];
    for (const spec of work.children) {
      if (stopped) break;
      const queued = await queueOne(at, prepared.step.number, work.queue, spec);
      if ('code' in queued) {
        return withoutProcess(failed(queued.code, queued.message), { neverBegan: runs.length === 0 });
      }
      runs.push(queued);
    }
    return published(at, prepared, work.parallel, runs);
  };
  return { ended: queueAll(), stop: () => (stopped = true) };
}

/** The run, recorded now or by an earlier try: its id is derived. */
async function queueOne(
  { deps, facts }: ChildrenInput,
  step: number,
  queue: string | null,
  spec: ChildSpec,
): Promise<RunRecord | Finding> {
  const known = await deps.store.load(spec.id);
  if (known !== null) return known.run;
  const request = await childRequest(deps, { run: facts.snapshot.run, step }, spec);
  if ('code' in request) return request;
  try {
    // It belongs to nobody: a queued run is a run of its own.
    return await queueRun(deps, { ...request, queue, parent: null, root: null });
  } catch (error) {
    const there = error instanceof RunExists ? await deps.store.load(spec.id) : null;
    if (there === null) throw error;
    return there.run;
  }
}

function published(
  { deps }: ChildrenInput,
  { intent, output }: CompositeTry,
  parallel: boolean,
  runs: readonly RunRecord[],
): TryEnd {
  const entries = runs.map(({ dag, id, queue, state }) => ({
    name: dag,
    dagRunId: id,
    queue: queue ?? dag,
    status: state,
  }));
  const queued = entries.filter(({ status }) => status === 'queued').length;
  const [first] = entries;
  const summary = { total: entries.length, queued };
  const result = parallel || first === undefined ? { summary, runs: entries } : first;
  const out = inFlowOutput(deps.files, { ...intent, mayExist: true }, output);
  out.out(`${JSON.stringify(result)}\n`);
  out.end();
  const outputs = Object.entries(result).map(([name, value]) => [
    name,
    typeof value === 'string'
      ? { type: 'string', text: value }
      : { type: 'json', text: JSON.stringify(value) },
  ]);
  return withoutProcess({ ...SUCCEEDED, outputs: Object.fromEntries(outputs) as TryEnd['outputs'] });
}
