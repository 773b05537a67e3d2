// Bundles src/main.ts, the library, and the entrances of flow's helpers into dist/, split so that a command loads only
// what it needs. Beside them lie the types of the library, the man page, flow.1, which is made of the commands, and
// packages.json: which packages are in which file.
import { build } from 'esbuild';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { writeTypes } from './types.mjs';

const root = new URL('..', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
// Built beside it and then put in place, so that a flow that starts meanwhile finds one or the other.
const fresh = `dist-${process.pid}`;
const { metafile } = await build({
  absWorkingDir: root.pathname,
  entryPoints: ['src/main.ts', 'src/index.ts', 'src/pipe.ts', 'src/lock.ts', 'src/complete.ts', 'src/man.ts'],
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
  // Names stay, for stack traces; what is shorter is read faster.
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(new URL(`${fresh}/packages.json`, root), `${JSON.stringify(packagesOf(metafile), null, 1)}\n`);
const maker = new URL(`${fresh}/man.js`, root);
const { manPage } = await import(maker);
writeFileSync(new URL(`${fresh}/flow.1`, root), manPage(version));
rmSync(maker);
writeTypes(new URL('src/index.ts', root), new URL(`${fresh}/`, root));
rmSync(new URL('dist', root), { recursive: true, force: true });
renameSync(new URL(fresh, root), new URL('dist', root));

/** Which packages lie in which file: a start must not load what it does not need. */
function packagesOf({ outputs }) {
  const names = (inputs) =>
    Object.keys(inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  const entries = Object.entries(outputs).map(([path, { inputs }]) => [
    path.slice(path.indexOf('/') + 1),
    [...new Set(names(inputs))].sort(),
  ]);
  return Object.fromEntries(entries.filter(([, packages]) => packages.length > 0));
}
