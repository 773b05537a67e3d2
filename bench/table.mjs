// The figures for people.

const SIGNS = { true: 'yes', false: 'NO', null: '' };

function digits(number) {
  if (number === 0 || Math.abs(number) >= 100) return number.toFixed(0);
  return number.toFixed(Math.abs(number) >= 10 ? 1 : 2);
}

function withUnit(number, unit) {
  if (unit === 'ms' && Math.abs(number) >= 10_000) return `${digits(number / 1000)} s`;
  return `${digits(number)} ${unit}`.trim();
}

/** `2.31 x`, `+18 ms` or a bare value: whatever the target of the figure is about. */
function inWords({ kind, unit }, number) {
  if (kind === 'ratio') return `${digits(number)} x`;
  return kind === 'difference' ? `+${withUnit(number, unit)}` : withUnit(number, unit);
}

function row(figure) {
  const { what, unit, measured, reference, beside, result, target, met, spread } = figure;
  return [
    what,
    withUnit(measured, unit),
    beside === null ? '' : `${beside}: ${withUnit(reference, unit)}`,
    inWords(figure, result),
    target === null ? '' : `<= ${inWords(figure, target)}`,
    SIGNS[met],
    `${Math.round(spread * 100)} %`,
  ];
}

const HEAD = ['figure', 'flow', 'beside', 'result', 'target', 'met', 'spread'];

/** A table in Markdown, so that it can be put into a page as it is. */
export function table(figures) {
  const rows = [HEAD, ...figures.map(row)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(HEAD), rule, ...rows.slice(1).map(line)].join('\n');
}
