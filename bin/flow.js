#!/usr/bin/env node
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 20)) {
  console.error(`flow needs Node 20.20 or newer; this is ${process.versions.node}`);
  process.exit(70);
}
module.enableCompileCache?.();
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
