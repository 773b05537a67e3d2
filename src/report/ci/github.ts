import { isAbsolute, relative, sep } from 'node:path';
import type { FindingPlace, JobLog } from './job-log.ts';

/**
 * The log of a GitHub Actions job. Blocks are groups; what a step prints stands between `stop-commands` and a token
 * that is new for each block and was not known while the step ran, so that no line of it is carried out as a workflow
 * command. `workspace`: what paths are relative to ($GITHUB_WORKSPACE); null: nothing is pointed at.
 */
export function githubLog(workspace: string | null, token: () => string): JobLog {
  return {
    frame({ title }) {
      const end = token();
      return {
        open: command('group', {}, title) + command('stop-commands', {}, end),
        close: command(end, {}, '') + command('endgroup', {}, ''),
      };
    },
    said: inert,
    finding({ severity, title, message, place }) {
      return command(severity, { title, ...pointer(workspace, place) }, message);
    },
  };
}

/**
 * `::NAME KEY=VALUE,…::MESSAGE` and a newline, escaped as the toolkit of GitHub does (`@actions/core`, command.ts);
 * properties without a value are left out.
 */
export function command(
  name: string,
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const words = Object.entries(properties)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name}${words.length === 0 ? '' : ` ${words.join(',')}`}::${escapeData(message)}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** The runner takes a line for a command that begins with `::` after spaces, or holds `##[` anywhere. */
const BEGINS_COMMAND = /(^|[\r\n])([\s\x85]*):(?=:)|##(?=\[)/g;
/** Zero-width space. */
const BREAK = '\u200b';

function inert(text: string): string {
  return text.replace(BEGINS_COMMAND, (found) => found + BREAK);
}

/** A file outside of the workspace cannot be shown. */
function pointer(workspace: string | null, place: FindingPlace | null): Record<string, string | number> {
  if (workspace === null || place === null) return {};
  const file = relative(workspace, place.file);
  if (file === '' || file === '..' || file.startsWith(`..${sep}`) || isAbsolute(file)) return {};
  return { file, ...(place.line === null ? {} : { line: place.line }) };
}
