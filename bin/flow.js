#!/usr/bin/env node
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 20)) {
  console.error(`flow needs Node 20.20 or newer; this is ${process.versions.node}`);
  process.exit(70);
}
module.enableCompileCache?.();
// The heap is collected when it has doubled; by itself V8 waits until it is four times as large. A step costs what the
// memory of flow costs: to start it, the kernel copies the page tables.
setFlagsFromString('--heap-growing-percent=100');
try {
  const entrances = { __pipe: 'pipe', __lock: 'lock', __complete: 'complete' };
  const word = process.argv[2];
  if (['run', 'start', 'resume', 'rerun'].includes(word)) (await import('./whole.js')).runWhole();
  else await import(`../dist/${entrances[word] ?? 'main'}.js`);
} catch (error) {
  if (
    !['ERR_MODULE_NOT_FOUND', 'ENOENT'].includes(error.code) ||
    !/dist[/\\](main\.js|pipe\.js|lock\.js|complete\.js|whole\.cjs)/.test(String(error.message))
  )
    throw error;
  console.error('flow is not built yet\nhint: run `npm install` (or `npm run build`) in its folder first');
  process.exit(70);
}
