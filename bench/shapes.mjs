// The same work in the language of flow and in that of make: steps that a shell has to run, and that do nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Not `true` alone: make starts that without a shell, and flow would have a shell more than make. */
export const COMMAND = 'true; :';

const numbers = (count) => Array.from({ length: count }, (_, n) => n);

/** `before(n)`: the number of the step that step n waits for, or null. */
export const SHAPES = {
  fanout: { before: () => null },
  chain: { before: (n) => (n === 0 ? null : n - 1) },
};

/** Writes the DAG for flow and returns its path. */
export function writeDag(folder, shape, count, step = () => `run: "${COMMAND}"`) {
  const file = join(folder, `${shape}-${count}.yaml`);
  const { before } = SHAPES[shape];
  const lines = numbers(count).map((n) => {
    const depends = before(n) === null ? '' : `, depends: s${before(n)}`;
    return `  - {id: s${n}, ${step(n)}${depends}}\n`;
  });
  writeFileSync(file, `steps:\n${lines.join('')}`);
  return file;
}

/** Writes the makefile and returns its path. */
export function writeMakefile(folder, shape, count) {
  const file = join(folder, `${shape}-${count}.mk`);
  const { before } = SHAPES[shape];
  const all = numbers(count).map((n) => `s${n}`);
  const rules = all.map(
    (name, n) => `${name}:${before(n) === null ? '' : ` s${before(n)}`}\n\t@${COMMAND}\n`,
  );
  writeFileSync(file, `.PHONY: all ${all.join(' ')}\nall: ${all.join(' ')}\n${rules.join('')}`);
  return file;
}
