// Steps in sequence: what lies between the end of one and the start of the next, a durable commit at least.
import { besideMake } from './beside-make.mjs';

export function measure(context) {
  const count = context.quick ? 100 : 500;
  const what = `${count} steps in sequence`;
  return besideMake(context, { shape: 'chain', count, jobs: 8, loop: 1, what, target: 2.5 });
}
