import { flowHome } from '../../src/base/paths.ts';
import { systemClock } from '../../src/base/clock.ts';
import { openStore } from '../../src/store/sqlite/open.ts';
import { expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import { replay } from '../support/events.ts';

test('the state tables are what the journal says: replayed, every run gives the same rows (ARCHITECTURE.md §3)', async () => {
  const at = place();
  at.write(
    'dag.yaml',
    `handler_on: {init: {run: "true"}, failure: {run: "true"}, exit: {run: echo bye}}
steps:
  - {id: out, run: 'echo "v=1.10" >> "$FLOW_OUTPUT_FILE"', outputs: [{name: v}]}
  - {id: flaky, run: 'test "$FLOW_ATTEMPT" -gt 1', retry_policy: {limit: 1, interval_sec: 0}}
  - {id: lenient, run: exit 3, continue_on: failed}
  - {id: after, depends: [out, flaky], env: [{V: "\${steps.out.outputs.v}"}], run: echo "$V", output: V}
  - {id: never, run: echo never, env: [{X: "\${UNSET}"}], continue_on: {failure: true, mark_success: true}}
`,
  );
  expect((await at.flow(['run', 'dag.yaml', '--run-id', 'r-1'])).code).toBe(1);
  expect((await at.flow(['resume', 'r-1'])).code).toBe(0);
  expect((await at.flow(['resume', 'r-1', '--from', 'out'])).code).toBe(0);
  expect((await at.flow(['rerun', 'r-1', '--from', 'after', '--run-id', 'r-2'])).code).toBe(0);
  at.write('ask.yaml', 'steps: [{id: go, run: echo go, approval: {prompt: ok?, input: [BY]}}]\n');
  expect((await at.flow(['run', 'ask.yaml', '--run-id', 'r-3'])).code).toBe(3);
  expect((await at.flow(['reject', 'r-3', 'go', '--reason', 'no'])).code).toBe(0);
  expect((await at.flow(['resume', 'r-3'])).code).toBe(4);
  expect((await at.flow(['resume', 'r-3'])).code).toBe(3);
  expect((await at.flow(['approve', 'r-3', 'go', '--input', 'BY=me', '--resume'])).code).toBe(0);
  const store = await openStore({ home: flowHome(at.home), clock: systemClock, readOnly: true });
  try {
    for (const run of ['r-1', 'r-2', 'r-3']) {
      const journal = await store.events({ run, after: 0, limit: 0 });
      expect(journal.length).toBeGreaterThan(5);
      expect(replay(journal.map(({ event }) => event))).toEqual(await store.load(run));
    }
  } finally {
    await store.close();
  }
});
