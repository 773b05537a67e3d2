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
  await import(`../dist/${entrances[process.argv[2]] ?? 'main'}.js`);
} catch (error) {
  if (
    error.code !== 'ERR_MODULE_NOT_FOUND' ||
    !/dist[/\\](main|pipe|lock|complete)\.js/.test(String(error.message))
  )
    throw error;
  console.error('flow is not built yet\nhint: run `npm install` (or `npm run build`) in its folder first');
  process.exit(70);
}
