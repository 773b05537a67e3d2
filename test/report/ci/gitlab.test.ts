import { expect, test } from 'vitest';
import { gitlabLog } from '../../../src/report/ci/gitlab.ts';

test('a block is a folded section between markers with its begin and end in seconds', () => {
  const block = {
    title: 'build · try 2',
    name: 'flow_1a2b3c4d_1_2',
    startedAt: 1_700_000_000_900,
    finishedAt: 1_700_000_061_000,
  };
  expect(gitlabLog.frame(block)).toEqual({
    open: '\x1b[0Ksection_start:1700000000:flow_1a2b3c4d_1_2[collapsed=true]\r\x1b[0Kbuild · try 2\n',
    close: '\x1b[0Ksection_end:1700000061:flow_1a2b3c4d_1_2\r\x1b[0K\n',
  });
});
