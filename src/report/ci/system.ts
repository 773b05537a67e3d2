/** The CI systems whose job logs know more than plain text. */
export type CiSystem = 'github' | 'gitlab' | 'other';

type Environment = Readonly<Record<string, string | undefined>>;

/** True inside a CI job: `CI` is set and not `false` (CLI.md §5). */
export function inCi(env: Environment): boolean {
  return says(env['CI']);
}

/**
 * Which system reads the log of this job, by the variable that each sets for its jobs; `other` is Jenkins, a system
 * that is not known, or none.
 */
export function ciSystem(env: Environment): CiSystem {
  if (says(env['GITHUB_ACTIONS'])) return 'github';
  if (says(env['GITLAB_CI'])) return 'gitlab';
  return 'other';
}

function says(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false';
}
