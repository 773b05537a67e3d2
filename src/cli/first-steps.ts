import { dagsHere, type DagPlaces } from '../machine/dag-argument.ts';

/** More would push the rest off the screen. */
const SHOWN = 6;

/** What `flow` alone says: the next step from here, in a few lines. */
export function firstSteps(places: DagPlaces): string[] {
  const names = dagsHere(places);
  return [
    'flow runs YAML DAGs of shell and HTTP steps, and resumes them where they failed.',
    '',
    ...(names.length === 0 ? NONE : someDags(names)),
    '',
    '`flow help` shows all commands, `flow help language` what a DAG file can say.',
  ];
}

const NONE = ['There is no DAG here yet. Write one and run it:', '', '  flow init', '  flow run hello'];

function someDags(names: readonly string[]): string[] {
  const more = names.length - SHOWN;
  return [
    'Run a DAG of this place:',
    '',
    ...names.slice(0, SHOWN).map((name) => `  flow run ${name}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}
