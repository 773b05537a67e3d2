// What is measured, as data: one line of the table, and one entry of the JSON.
//
// `result` is what the target is about. `gate` is what the baseline holds: always a ratio or a count, never seconds,
// because those belong to one machine. A figure with `gate: null` is shown and not held.
//
// A ratio is one of medians, so that whoever reads the table can divide for himself; the spread is that of the ratios
// of each round, whose two samples saw the same machine.
import { median, spread } from './measure.mjs';

function figure(parts) {
  const { result, target } = parts;
  return { ...parts, met: target === null ? null : result <= target };
}

function compared({ id, what, unit, above, below, beside, target = null, gated = true }, kind, of) {
  const [measured, reference] = [median(above), median(below)];
  return figure({
    ...{ id, what, kind, unit, beside, measured, reference },
    result: of(measured, reference),
    spread: spread(above.map((value, i) => value / below[i])),
    target,
    gate: gated ? measured / reference : null,
    samples: { measured: above, reference: below },
  });
}

/** How many times `below` the subject takes. */
export const ratio = (parts) => compared(parts, 'ratio', (a, b) => a / b);

/** By how much the subject is above its reference; the gate holds their ratio. */
export const difference = (parts) => compared(parts, 'difference', (a, b) => a - b);

/** A figure without a reference: a count, bytes, memory. */
export function value({ id, what, unit, samples, target = null, gated = true }) {
  const result = median(samples);
  return figure({
    ...{ id, what, kind: 'value', unit, beside: null },
    measured: result,
    reference: null,
    result,
    spread: spread(samples),
    target,
    gate: gated ? result : null,
    samples: { measured: samples },
  });
}
