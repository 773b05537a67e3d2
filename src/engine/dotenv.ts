import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Dotenv } from '../core/dag.ts';
import { parseDotenv } from '../core/dotenv.ts';
import { isManaged } from '../core/managed.ts';
import { expandHome } from './expand-home.ts';
import type { RootPlaces } from './environment.ts';
import type { Finding, Resolver } from './resolver.ts';
import type { RunFiles } from './types.ts';

const MAX_BYTES = 1_048_576;

/**
 * Layer 4 of LANGUAGE.md §7.2: `.env`, then the named files, each searched in the root working directory, then in that
 * of the DAG file; later files win. What is missing or malformed is a warning (W301), its file is left out whole.
 */
export function withDotenv(
  root: RootPlaces,
  dotenv: Dotenv,
  directory: string,
  resolver: Resolver,
  files: Pick<RunFiles, 'read' | 'kind'>,
): { root: RootPlaces; warnings: Finding[]; hash: string | null } {
  if (!dotenv.on) return { root, warnings: [], hash: null };
  const contents = new Contents();
  const env = new Map(root.env);
  const warnings: Finding[] = [];
  const named = dotenv.files.map((file, i) => resolver.text(`dotenv[${i}]`, file, 'full'));
  for (const [i, file] of ['.env', ...named].entries()) {
    const path = expandHome(file, root.env);
    const found = [root.cwd, directory]
      .map((folder) => resolve(folder, path))
      .find((candidate) => files.kind(candidate) !== null);
    if (found === undefined && i === 0) continue;
    const entries = found === undefined ? 'is missing' : readEntries(found, files, contents);
    if (typeof entries === 'string') {
      warnings.push({ code: 'W301', message: `dotenv: \`${file}\` ${entries}` });
    } else for (const { name, value } of entries) if (!isManaged(name)) env.set(name, value);
  }
  return { root: { ...root, env }, warnings, hash: contents.hash };
}

/** What was read, so that a later attempt can tell whether it changed. */
class Contents {
  readonly #hash = createHash('sha256');
  #any = false;

  add(bytes: Uint8Array): void {
    this.#hash.update(`${bytes.length}\n`).update(bytes);
    this.#any = true;
  }

  /** Null when there was no file. */
  get hash(): string | null {
    return this.#any ? this.#hash.digest('base64url') : null;
  }
}

/** The entries of a file, or why they are left out. */
function readEntries(path: string, files: Pick<RunFiles, 'read'>, contents: Contents) {
  let bytes: Uint8Array | null;
  try {
    bytes = files.read(path, MAX_BYTES);
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (bytes === null) return 'is missing';
  contents.add(bytes);
  if (bytes.length > MAX_BYTES) return `is larger than ${MAX_BYTES} bytes`;
  const parsed = parseDotenv(new TextDecoder().decode(bytes));
  return 'entries' in parsed ? parsed.entries : `is malformed in line ${parsed.line}: ${parsed.reason}`;
}
