import type { Store } from '../store/store.ts';

/** What commands that only look need of the store. */
export type ReadStore = Pick<
  Store,
  'load' | 'definition' | 'compiled' | 'runs' | 'idsLike' | 'events' | 'ticks' | 'suspended'
>;
