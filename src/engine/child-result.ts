import { failed, SUCCEEDED } from '../actions/action.ts';
import { shortId } from '../base/ids.ts';
import type { OutputValue } from '../core/dag.ts';
import { paramsJson } from '../core/params.ts';
import type { Snapshot } from '../core/records.ts';
import { ownSteps } from '../core/snapshot.ts';
import { withoutProcess } from './launch.ts';
import type { TryEnd } from './launch.ts';
import type { Finding } from './resolver.ts';

/** What became of a child: its run as it ended, or why there is none. */
export type ChildEnd = { readonly run: Snapshot } | { readonly dag: string; readonly error: Finding };

/** The end of a step with one child (LANGUAGE.md §17), and what it prints. */
export function endOfChild(child: ChildEnd): { end: TryEnd; json: string | null } {
  if ('error' in child) return { end: neverBegan(child.error), json: null };
  const { run } = child;
  const json = resultJson(run);
  const verdict = verdictOf(run);
  if (verdict === 'failed')
    return { end: withoutProcess(failed('R712', `sub-DAG ${failureWords(run)}`)), json };
  const outputs = {
    name: text(run.run.dag),
    dagRunId: text(run.run.id),
    params: { type: 'json', text: paramsJson(run.run.params) },
    outputs: { type: 'json', text: outputsJson(run.run.outputs) },
    status: text(run.run.state),
  } as const;
  return { end: withoutProcess({ ...SUCCEEDED, outputs }, { children: verdict }), json };
}

/** The same for a step with `parallel` (§16.2), in the order of its items. */
export function endOfChildren(children: readonly ChildEnd[]): { end: TryEnd; json: string } {
  const verdicts = children.map((child) => ('error' in child ? 'failed' : verdictOf(child.run)));
  const isFailed = (i: number): boolean => verdicts[i] === 'failed';
  const bad = children.filter((_, i) => isFailed(i));
  const runs = children.flatMap((child) => ('run' in child ? [child.run] : []));
  const good = runs.filter(({ run }) => run.state === 'succeeded' || run.state === 'partially_succeeded');
  const summary = JSON.stringify({
    total: children.length,
    succeeded: good.length,
    failed: children.length - good.length,
  });
  const results = `[${runs.map(resultJson).join(',')}]`;
  const outputs = `[${good.map(({ run }) => outputsJson(run.outputs)).join(',')}]`;
  const json = `{"summary":${summary},"results":${results},"outputs":${outputs}}`;
  if (bad.length > 0) {
    const message = `${bad.length} of ${children.length} sub-DAGs failed: ${words(bad)}`;
    const began = bad.some((child) => 'run' in child);
    return { end: withoutProcess(failed('R712', message), { neverBegan: !began }), json };
  }
  const published = {
    summary: { type: 'json', text: summary },
    results: { type: 'json', text: results },
    outputs: { type: 'json', text: outputs },
  } as const;
  const verdict = together(verdicts);
  return { end: withoutProcess({ ...SUCCEEDED, outputs: published }, { children: verdict }), json };
}

type Verdict = 'failed' | TryEnd['children'];

/** What a child says about its step. */
function verdictOf({ run }: Snapshot): Verdict {
  switch (run.state) {
    case 'succeeded':
      return null;
    case 'partially_succeeded':
      return { kind: 'partial' };
    case 'waiting':
      return { kind: 'waiting' };
    case 'rejected':
      return { kind: 'aborted', reason: 'rejected' };
    case 'aborted':
      return run.reason === 'precondition_not_met'
        ? { kind: 'skipped' }
        : { kind: 'aborted', reason: 'child_aborted' };
    default:
      return 'failed';
  }
}

/** None of them failed: the gravest counts, and what is not the same for all is a success in part. */
function together(verdicts: readonly Verdict[]): TryEnd['children'] {
  const all = verdicts.filter((verdict) => verdict !== 'failed');
  const first = (kind: string): TryEnd['children'] => all.find((verdict) => verdict?.kind === kind) ?? null;
  const grave = first('waiting') ?? first('aborted');
  if (grave !== null || all.every((verdict) => verdict === null)) return grave;
  return all.every((verdict) => verdict?.kind === 'skipped') ? { kind: 'skipped' } : { kind: 'partial' };
}

function neverBegan({ code, message }: Finding): TryEnd {
  return withoutProcess(failed(code, message), { neverBegan: true });
}

function failureWords(snapshot: Snapshot): string {
  const { run } = snapshot;
  const step = ownSteps(snapshot).find(({ state, tolerated }) => state === 'failed' && !tolerated);
  const why = step === undefined ? (run.reason ?? '') : `${step.label} failed`;
  return `\`${run.dag}\` failed, run ${shortId(run.id)}${why === '' ? '' : `: ${why}`}`;
}

const MOST_NAMED = 3;

function words(children: readonly ChildEnd[]): string {
  const some = children
    .slice(0, MOST_NAMED)
    .map((child) => ('error' in child ? child.error.message : failureWords(child.run)));
  return [...some, ...(children.length > MOST_NAMED ? ['…'] : [])].join('; ');
}

function text(value: string): OutputValue {
  return { type: 'string', text: value };
}

/** `{"name","dagRunId","params","outputs","status"}`; json outputs stay exactly as they were emitted. */
function resultJson({ run }: Snapshot): string {
  const name = JSON.stringify(run.dag);
  const id = JSON.stringify(run.id);
  const status = JSON.stringify(run.state);
  const params = paramsJson(run.params);
  const outputs = outputsJson(run.outputs);
  return `{"name":${name},"dagRunId":${id},"params":${params},"outputs":${outputs},"status":${status}}`;
}

function outputsJson(outputs: Readonly<Record<string, OutputValue>>): string {
  const fields = Object.entries(outputs).map(([name, value]) => {
    const json = value.type === 'json' ? value.text : JSON.stringify(value.text);
    return `${JSON.stringify(name)}:${json}`;
  });
  return `{${fields.join(',')}}`;
}
