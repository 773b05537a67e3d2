// Bundles src/main.ts, the library, and the entrances of flow's helpers into dist/, split so that a command loads only
// what it needs, and writes the types of the library beside them.
import { build } from 'esbuild';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { writeTypes } from './types.mjs';

const root = new URL('..', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
// Built beside it and then put in place, so that a flow that starts meanwhile finds one or the other.
const fresh = `dist-${process.pid}`;
await build({
  absWorkingDir: root.pathname,
  entryPoints: ['src/main.ts', 'src/index.ts', 'src/pipe.ts', 'src/lock.ts'],
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['better-sqlite3', 'node:sqlite'],
  define: { FLOW_VERSION: JSON.stringify(version) },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  chunkNames: 'chunks/[name]-[hash]',
  logLevel: 'warning',
});
writeTypes(new URL('src/index.ts', root), new URL(`${fresh}/`, root));
rmSync(new URL('dist', root), { recursive: true, force: true });
renameSync(new URL(fresh, root), new URL('dist', root));
