import { HANDLER_NAMES } from '../core/dag.ts';
import type { Dag, HandlerEvent, Step } from '../core/dag.ts';
import { position } from '../errors/position.ts';
import { directoryOf } from './identity.ts';
import type { Directory } from './identity.ts';
import { resolveOrder } from './order.ts';
import type { Order } from './order.ts';
import type { Report } from './report.ts';
import type { Draft } from './step.ts';

/** Steps that can depend on each other: those of a document, or those of one foreach body (LANGUAGE.md §16.1). */
export interface Level {
  readonly drafts: readonly Draft[];
  readonly directory: Directory;
  readonly order: Order;
  /** By the index of the foreach step. */
  readonly bodies: ReadonlyMap<number, Level>;
}

/** All steps of a document in file order, those of foreach bodies after the foreach step. */
export function withBodies(drafts: readonly Draft[]): Draft[] {
  return drafts.flatMap((draft) => [draft, ...(draft.body?.drafts ?? [])]);
}

/** Orders the steps of a document and of its foreach bodies, each among themselves (§5, §16.1). */
export function readLevel(
  into: Report,
  drafts: readonly Draft[],
  type: 'graph' | 'chain',
  all = directoryOf(withBodies(drafts)),
): Level {
  const directory = directoryOf(drafts);
  const steps = drafts.map((draft, i) => ({
    place: draft.place,
    label: labelOf(draft, i),
    entry: draft.entry,
    depends: draft.fields.depends,
  }));
  const order = resolveOrder(into, steps, type, directory, all);
  const bodies = drafts.flatMap(({ body }, i) =>
    body === null ? [] : [[i, readLevel(into, body.drafts, type, all)] as const],
  );
  return { drafts, directory, order, bodies: new Map(bodies) };
}

function nameOf(draft: Draft, index: number): string {
  return draft.identity.name ?? draft.identity.id ?? `step_${index + 1}`;
}

/** What messages call a step (§4.2). */
export function labelOf(draft: Draft, index: number): string {
  return draft.identity.id ?? nameOf(draft, index);
}

/** The steps of a level, numbered from 1. */
function buildSteps({ drafts, order, bodies }: Level): Step[] {
  return drafts.map((draft, i): Step => {
    const body = bodies.get(i);
    const { action } = draft.step;
    // What is spread comes last: V8 gives an object that begins with it a shape of its own, and there is one a step.
    return {
      number: i + 1,
      kind: 'step',
      name: nameOf(draft, i),
      label: labelOf(draft, i),
      depends: (order.depends[i] ?? []).map((index) => index + 1),
      place: position(draft.place.span),
      ...draft.step,
      ...(body !== undefined &&
        action.kind === 'foreach' && { action: { ...action, steps: buildSteps(body) } }),
    };
  });
}

export function buildAll(
  level: Level,
  handlers: ReadonlyMap<HandlerEvent, Draft>,
): Pick<Dag, 'steps' | 'handlers'> {
  const steps = buildSteps(level);
  const built = [...handlers].map(([event, draft], i): [HandlerEvent, Step] => {
    const label = HANDLER_NAMES[event];
    const { id, name } = draft.identity;
    const place = position(draft.place.span);
    const number = steps.length + i + 1;
    return [
      event,
      { ...draft.step, number, kind: event, name: name ?? id ?? label, label, depends: [], place },
    ];
  });
  return { steps, handlers: new Map(built) };
}
