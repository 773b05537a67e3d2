import type { DataSource, FlowAction, RowFormat } from '../core/flow-action.ts';
import { isValueMap } from '../base/value.ts';
import {
  DATA_CONVERT,
  DATA_PICK,
  FILE_DELETE,
  FILE_LIST,
  FILE_MKDIR,
  FILE_READ,
  FILE_STAT,
  FILE_TRANSFER,
  FILE_WRITE,
  JQ_FILTER,
  OUTPUTS_WRITE,
  WAIT_DURATION,
  WAIT_FILE,
  WAIT_HTTP,
  WAIT_UNTIL,
} from './action-fields.ts';
import { check } from './check.ts';
import {
  checkArtifact,
  checkDelimiter,
  checkDuration,
  checkHeaders,
  checkMethod,
  checkMode,
  checkSelect,
  checkUntil,
  checkUrl,
} from './literals.ts';
import { field, fields } from './place.ts';
import type { Place } from './place.ts';
import { quote, report } from './report.ts';
import type { Report } from './report.ts';
import type { Infer } from './schema.ts';
import { typeName, plain } from './tree.ts';
import { toValue } from './value.ts';

/** `with` of the actions in core/flow-action.ts (LANGUAGE.md §19.1); null when something required is missing. */
export function readFlowAction(into: Report, given: Place, name: string): FlowAction | null {
  const family = name.split('.')[0];
  if (name === 'outputs.write') return readValues(into, given);
  if (family === 'file' || family === 'artifact') return readFile(into, given, name);
  if (family === 'wait') return readWait(into, given, name);
  return readData(into, given, name);
}

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

function readValues(into: Report, given: Place): FlowAction | null {
  if (check(into, given, OUTPUTS_WRITE, 'with') === null) return null;
  const place = field(given, 'values');
  if (place === null) return null;
  const values = toValue(place.node);
  if (typeof values !== 'object' || values === null || !isValueMap(values)) {
    report(into, 'E703', place, `must be map, got ${typeName(plain(place.node))}`);
    return null;
  }
  for (const { key, at } of fields(place)) {
    if (!NAME.test(key))
      report(into, 'E703', at, `${quote(key)} is no output name, it must match ${NAME.source}`);
  }
  return { kind: 'outputs.write', values };
}

function readData(into: Report, given: Place, name: string): FlowAction | null {
  if (name === 'jq.filter') {
    const map = check(into, given, JQ_FILTER, 'with');
    if (map?.filter === undefined) return null;
    const { path, span } = field(given, 'filter') ?? given;
    if (!map.filter.includes('${')) into.filters?.push({ text: map.filter, path, span });
    return { kind: name, filter: map.filter, raw: map.raw ?? false, ...sourceOf(given, map.input) };
  }
  if (name === 'data.convert') {
    const map = check(into, given, DATA_CONVERT, 'with');
    if (map?.from === undefined || map.to === undefined) return null;
    const { from, to, input } = map;
    return { kind: name, from, to, ...sourceOf(given, input), ...rowsOf(into, given, map) };
  }
  const map = check(into, given, DATA_PICK, 'with');
  checkSelect(into, given, map?.select);
  if (map?.from === undefined || map.select === undefined) return null;
  const { from, select, to = null, raw = false } = map;
  return {
    kind: 'data.pick',
    from,
    select,
    to,
    raw,
    ...sourceOf(given, map.input),
    ...rowsOf(into, given, map),
  };
}

function sourceOf(given: Place, input: string | undefined): DataSource {
  const data = field(given, 'data');
  return { data: data === null ? undefined : toValue(data.node), input: input ?? null };
}

function rowsOf(into: Report, given: Place, map: Infer<typeof DATA_CONVERT | typeof DATA_PICK>): RowFormat {
  checkDelimiter(into, given, map.delimiter);
  return {
    hasHeader: map.has_header ?? true,
    headers: map.headers ?? null,
    delimiter: map.delimiter ?? null,
    columns: map.columns ?? null,
  };
}

function readFile(into: Report, given: Place, name: string): FlowAction | null {
  switch (name) {
    case 'file.stat': {
      const map = check(into, given, FILE_STAT, 'with');
      if (map?.path === undefined) return null;
      const { path, missing_ok: missingOk = false, follow_symlinks: followSymlinks = false } = map;
      return { kind: name, path, missingOk, followSymlinks };
    }
    case 'file.read':
    case 'artifact.read': {
      const map = check(into, given, FILE_READ, 'with');
      if (name === 'artifact.read') checkArtifact(into, given, map?.path);
      if (map?.path === undefined) return null;
      return { kind: name, path: map.path, format: map.format ?? 'raw', maxBytes: map.max_bytes ?? null };
    }
    case 'file.write':
    case 'artifact.write': {
      const map = check(into, given, FILE_WRITE, 'with');
      checkMode(into, given, map?.mode);
      if (name === 'artifact.write') checkArtifact(into, given, map?.path);
      return map === null ? null : writing(name, map);
    }
    case 'file.copy':
    case 'file.move': {
      const map = check(into, given, FILE_TRANSFER, 'with');
      return map === null ? null : transferring(name, map);
    }
    case 'file.delete': {
      const map = check(into, given, FILE_DELETE, 'with');
      if (map?.path === undefined) return null;
      const { path, recursive = false, missing_ok: missingOk = false, dry_run: dryRun = false } = map;
      return { kind: name, path, recursive, missingOk, dryRun };
    }
    case 'file.mkdir': {
      const map = check(into, given, FILE_MKDIR, 'with');
      checkMode(into, given, map?.mode);
      if (map?.path === undefined) return null;
      return { kind: name, path: map.path, mode: map.mode ?? '0755', createDirs: map.create_dirs ?? false };
    }
    default: {
      const map = check(into, given, FILE_LIST, 'with');
      if (name === 'artifact.list') checkArtifact(into, given, map?.path);
      if (map?.path === undefined) return null;
      const { path, pattern = null, recursive = false } = map;
      const { include_dirs: includeDirs = false, follow_symlinks: followSymlinks = false } = map;
      const kind = name === 'artifact.list' ? name : 'file.list';
      return { kind, path, pattern, recursive, includeDirs, followSymlinks };
    }
  }
}

function writing(kind: 'file.write' | 'artifact.write', map: Infer<typeof FILE_WRITE>): FlowAction | null {
  const { path, content, mode = '0600', overwrite = false, atomic = true } = map;
  const { create_dirs: createDirs = false, dry_run: dryRun = false } = map;
  if (path === undefined || content === undefined) return null;
  return { kind, path, content, mode, overwrite, createDirs, atomic, dryRun };
}

function transferring(kind: 'file.copy' | 'file.move', map: Infer<typeof FILE_TRANSFER>): FlowAction | null {
  const { source, destination, overwrite = false, recursive = false } = map;
  const { create_dirs: createDirs = false, follow_symlinks: followSymlinks = false } = map;
  if (source === undefined || destination === undefined) return null;
  const dryRun = map.dry_run ?? false;
  return { kind, source, destination, overwrite, createDirs, recursive, followSymlinks, dryRun };
}

function readWait(into: Report, given: Place, name: string): FlowAction | null {
  switch (name) {
    case 'wait.duration': {
      const map = check(into, given, WAIT_DURATION, 'with');
      checkDuration(into, given, 'duration', map?.duration);
      return map?.duration === undefined ? null : { kind: name, duration: map.duration, since: null };
    }
    case 'wait.until': {
      const map = check(into, given, WAIT_UNTIL, 'with');
      checkUntil(into, given, map?.until);
      return map?.until === undefined ? null : { kind: name, until: map.until, timezone: null };
    }
    case 'wait.file': {
      const map = check(into, given, WAIT_FILE, 'with');
      checkDuration(into, given, 'poll_interval', map?.poll_interval);
      if (map?.path === undefined) return null;
      const { path, state = 'exists', poll_interval: pollInterval = '1s' } = map;
      return { kind: name, path, state, pollInterval };
    }
    default: {
      const map = check(into, given, WAIT_HTTP, 'with');
      checkMethod(into, given, map?.method);
      checkUrl(into, given, map?.url);
      checkHeaders(into, field(given, 'headers'));
      for (const key of ['poll_interval', 'request_timeout'] as const) {
        checkDuration(into, given, key, map?.[key]);
      }
      if (map?.url === undefined) return null;
      const { url, method = 'GET', status = 200, poll_interval: pollInterval = '1s' } = map;
      const body = field(given, 'body');
      return {
        kind: 'wait.http',
        url,
        method,
        status,
        headers: map.headers ?? new Map<string, string>(),
        body: body === null ? null : toValue(body.node),
        pollInterval,
        requestTimeout: map.request_timeout ?? '10s',
      };
    }
  }
}
