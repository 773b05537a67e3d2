import type { JobLog } from './job-log.ts';

/** Erases the marker on a terminal; the line that GitLab shows begins behind it. */
const HIDE = '\r\x1b[0K';

/**
 * The log of a GitLab job: each block is a section that is folded until someone opens it, with the duration of its
 * try. Markers as in https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
 */
export const gitlabLog: JobLog = {
  frame: ({ title, name, startedAt, finishedAt }) => ({
    open: `\x1b[0Ksection_start:${seconds(startedAt)}:${name}[collapsed=true]${HIDE}${title}\n`,
    close: `\x1b[0Ksection_end:${seconds(finishedAt)}:${name}${HIDE}\n`,
  }),
  said: (text) => text,
  finding: () => '',
};

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
