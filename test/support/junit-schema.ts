import type { Element } from './xml.ts';

/** An element of junit-10.xsd, the schema of the xUnit plugin of Jenkins, as far as it is used. */
interface Shape {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
  readonly text: boolean;
}

const verdict: Shape = { required: [], optional: ['type', 'message'], children: [], text: true };
const output: Shape = { required: [], optional: [], children: [], text: true };
const SHAPES: Readonly<Record<string, Shape>> = {
  testsuites: {
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'errors'],
    children: ['testsuite'],
    text: false,
  },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    text: false,
  },
  testcase: {
    required: ['name'],
    optional: ['time', 'classname', 'group'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    text: false,
  },
  skipped: verdict,
  error: verdict,
  failure: verdict,
  'system-out': output,
  'system-err': output,
};
const TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

/** What the schema does not allow, and counts that do not add up; empty for a good report. */
export function junitProblems(element: Element): string[] {
  const { name, attributes, children, text } = element;
  const shape = SHAPES[name];
  if (shape === undefined) return [`<${name}> is not known`];
  const allowed = [...shape.required, ...shape.optional];
  return [
    ...shape.required.filter((key) => attributes[key] === undefined).map((key) => `<${name}> has no ${key}`),
    ...Object.keys(attributes)
      .filter((key) => !allowed.includes(key))
      .map((key) => `<${name} ${key}>`),
    ...children
      .filter((child) => !shape.children.includes(child.name))
      .map((child) => `<${child.name}> in <${name}>`),
    ...(shape.text || text.trim() === '' ? [] : [`text in <${name}>`]),
    ...(attributes['time'] === undefined || TIME.test(attributes['time']) ? [] : [`time of <${name}>`]),
    ...(name === 'testsuite' ? miscounted(element) : []),
    ...children.flatMap(junitProblems),
  ];
}

function miscounted({ attributes, children }: Element): string[] {
  const cases = children.filter(({ name }) => name === 'testcase');
  const having = (kind: string): number =>
    cases.filter((one) => one.children.some(({ name }) => name === kind)).length;
  const counted = {
    tests: cases.length,
    failures: having('failure'),
    errors: having('error'),
    skipped: having('skipped'),
  };
  return Object.entries(counted)
    .filter(([key, n]) => attributes[key] !== String(n))
    .map(([key, n]) => `${key} is ${attributes[key]}, counted ${n}`);
}
