import { execFileSync } from 'node:child_process';

/** End-to-end tests run the built CLI, so it is built once before all of them. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}
