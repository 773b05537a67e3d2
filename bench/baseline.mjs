// The committed figures, and whether new ones are worse. Only ratios and counts are kept (`gate` of figure.mjs): they
// mean something on another machine, too. One set for each major version of Node and each size of the measurement.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('baseline.json', import.meta.url);
const ALLOWED = 1.25;
/** Below this, next to nothing has become a little more than next to nothing. */
const NOISE = 0.02;

const read = () => JSON.parse(readFileSync(FILE, 'utf8'));
const keyOf = ({ quick }) => `node ${process.versions.node.split('.')[0]}, ${quick ? 'quick' : 'full'}`;
const gated = (figures) => figures.filter(({ gate }) => gate !== null);

/** Undefined when nothing was ever kept for this version of Node and this size. */
export const baselineFor = (options) => read()[keyOf(options)];

/** The figures that are more than a quarter above their baseline; less is better in all of them. */
export function worse(figures, baseline) {
  return gated(figures).filter(({ id, gate }) => {
    const before = baseline[id];
    return before !== undefined && gate > before * ALLOWED && gate - before > NOISE;
  });
}

/** For each figure the better of two measurements: a disturbance only ever adds. */
export function better(figures, again) {
  const second = new Map(again.map((figure) => [figure.id, figure]));
  return figures.map((figure) => {
    const other = second.get(figure.id);
    return other !== undefined && other.gate < figure.gate ? other : figure;
  });
}

export function accept(figures, options) {
  const all = read();
  const kept = Object.fromEntries(gated(figures).map(({ id, gate }) => [id, Number(gate.toPrecision(3))]));
  all[keyOf(options)] = { ...all[keyOf(options)], ...kept };
  writeFileSync(FILE, `${JSON.stringify(all, null, 2)}\n`);
}
