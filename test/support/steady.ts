/** What differs from run to run: the temporary folder, times and durations and the columns they widen, pids. */
export function steady(text: string, dir: string): string {
  return text
    .replaceAll(dir, '<dir>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<instant>')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/g, '<time>')
    .replaceAll(/(?<![\w.])\d+(\.\d+)?(ms|s)(?!\w)(?! ago)/g, '<t>')
    .replaceAll(/("duration_ms": ?)\d+/g, '$1<t>')
    .replaceAll(/"host":"[^"]*","pid":\d+/g, '"host":<host>,"pid":<pid>')
    .replaceAll(/\bpid \d+/g, 'pid <pid>')
    .replaceAll(/just now|\b\d+s ago/g, '<ago>')
    .replaceAll(/(\S) {2,}/g, '$1  ');
}
