/** Grammars of names (LANGUAGE.md §1.3, §2.3, §4.2), checked at this one place. */
export const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
export const ENVNAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
export const DAG_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
export const LABEL_KEY = /^[A-Za-z0-9_.-]+$/;

/** A pattern as messages show it. */
export function shown(pattern: RegExp): string {
  return pattern.source;
}

/** Environment names that flow sets itself (§7.4). */
const MANAGED: ReadonlySet<string> = new Set([
  ...['FLOW_DAG_NAME', 'DAG_NAME', 'FLOW_RUN_ID', 'DAG_RUN_ID', 'FLOW_ATTEMPT', 'FLOW_RUN_WORK_DIR'],
  ...['DAG_RUN_WORK_DIR', 'FLOW_ARTIFACTS_DIR', 'DAG_RUN_ARTIFACTS_DIR', 'FLOW_RUN_LOG_FILE'],
  ...['DAG_RUN_LOG_FILE', 'FLOW_PARAMS_JSON', 'DAG_PARAMS_JSON', 'FLOW_RUN_STATUS', 'DAG_RUN_STATUS'],
  ...['FLOW_WAITING_STEPS', 'DAG_WAITING_STEPS', 'FLOW_STEP_ID', 'FLOW_STEP_NAME', 'DAG_RUN_STEP_NAME'],
  ...['FLOW_TRY', 'FLOW_OUTPUT_FILE', 'DAGU_OUTPUT_FILE', 'FLOW_STDOUT_FILE', 'DAG_RUN_STEP_STDOUT_FILE'],
  ...['FLOW_STDERR_FILE', 'DAG_RUN_STEP_STDERR_FILE', 'FLOW_IDEMPOTENCY_KEY', 'PWD'],
]);

export function isManaged(name: string): boolean {
  return MANAGED.has(name);
}

/** Signals that `signal_on_stop` may name (§13.7). */
export const SIGNALS: readonly NodeJS.Signals[] = [
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE'] as const),
  ...(['SIGKILL', 'SIGUSR1', 'SIGSEGV', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGCHLD'] as const),
  ...(['SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGXCPU', 'SIGXFSZ'] as const),
  ...(['SIGVTALRM', 'SIGPROF', 'SIGWINCH', 'SIGIO', 'SIGSYS'] as const),
];

/** Whether text has more bytes in UTF-8; a unit of a text has at most three. */
export function isLonger(text: string, bytes: number): boolean {
  return text.length > bytes / 3 && new TextEncoder().encode(text).length > bytes;
}

/** Text that no environment holds as it is: it would end early, or become another text. */
export function unfitText(value: string): string | null {
  if (value.includes('\0')) return 'must not contain a NUL character';
  return /\p{Surrogate}/u.test(value) ? 'must not contain one half of a surrogate pair' : null;
}
