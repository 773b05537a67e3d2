import { randomBytes } from 'node:crypto';
import type { Paint } from '../../term/color.ts';
import { githubLog } from './github.ts';
import { gitlabLog } from './gitlab.ts';
import { headingsLog, type JobLog } from './job-log.ts';
import { ciSystem } from './system.ts';

/** The log that the CI system of this environment reads. */
export function chooseJobLog(env: Readonly<Record<string, string | undefined>>, paint: Paint): JobLog {
  switch (ciSystem(env)) {
    case 'github':
      return githubLog(env['GITHUB_WORKSPACE'] ?? null, () => randomBytes(16).toString('hex'));
    case 'gitlab':
      return gitlabLog;
    case 'other':
      return headingsLog(paint);
  }
}
