// Independent steps, eight at a time: what a step costs when there is always another one ready.
import { besideMake } from './beside-make.mjs';

export function measure(context) {
  const count = context.quick ? 200 : 1_000;
  const what = `${count} independent steps`;
  return besideMake(context, { shape: 'fanout', count, jobs: 8, loop: 8, what, target: 1.5 });
}
