// Bundles src/main.ts, the library, and the entrances of flow's helpers into dist/, split so that a command loads only
// what it needs, and src/main.ts once more into one file, whole.cjs, for bin/whole.js. Beside them lie the types of the library, the man page, flow.1, which is made of the commands, and
// packages.json: which packages are in which file.
import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeTypes } from './types.mjs';

const root = new URL('..', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
// Built beside it and then put in place, so that a flow that starts meanwhile finds one or the other.
const fresh = `dist-${process.pid}`;
const common = {
  absWorkingDir: root.pathname,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['better-sqlite3', 'node:sqlite'],
  // For Node it looks at the environment at every token, for a variable that prints them: a tenth of its time.
  alias: { yaml: fileURLToPath(new URL('node_modules/yaml/browser/index.js', root)) },
  // Names stay, for stack traces; what is shorter is read faster.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
};
const defined = { FLOW_VERSION: JSON.stringify(version), FLOW_BUILD: JSON.stringify(sourceHash()) };
const { metafile } = await build({
  ...common,
  entryPoints: ['src/main.ts', 'src/index.ts', 'src/pipe.ts', 'src/lock.ts', 'src/complete.ts', 'src/man.ts'],
  outdir: fresh,
  splitting: true,
  format: 'esm',
  define: defined,
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  chunkNames: 'chunks/[name]-[hash]',
  metafile: true,
});
const whole = await build({
  ...common,
  entryPoints: ['src/main.ts'],
  write: false,
  format: 'cjs',
  define: { ...defined, 'import.meta.url': '__url' },
  // The files of the other bundle hold them.
  legalComments: 'none',
});
writeFileSync(new URL(`${fresh}/whole.cjs`, root), wholeFile(whole.outputFiles[0].text));
writeFileSync(new URL(`${fresh}/packages.json`, root), `${JSON.stringify(packagesOf(metafile), null, 1)}\n`);
const maker = new URL(`${fresh}/man.js`, root);
const { manPage } = await import(maker);
writeFileSync(new URL(`${fresh}/flow.1`, root), manPage(version));
rmSync(maker);
writeTypes(new URL('src/index.ts', root), new URL(`${fresh}/`, root));
rmSync(new URL('dist', root), { recursive: true, force: true });
renameSync(new URL(fresh, root), new URL('dist', root));

/** Of all that is built and of the versions of its packages: two builds of one hash load a DAG alike. */
function sourceHash() {
  const files = readdirSync(new URL('src', root), { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join('src', path));
  const hash = createHash('sha256');
  for (const path of ['package-lock.json', ...files.sort()])
    hash
      .update(`${path}\0`)
      .update(readFileSync(new URL(path, root)))
      .update('\0');
  return hash.digest('hex');
}

/** A function of what bin/whole.js gives it, with its hash in front, and in ASCII, which V8 keeps in one byte each. */
function wholeFile(code) {
  const ascii = code.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const hash = createHash('sha256').update(ascii).digest('hex').slice(0, 16);
  return `/*${hash}*/(function(require,__url){${ascii}\n})`;
}

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
