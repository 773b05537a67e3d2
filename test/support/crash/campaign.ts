import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '../random.ts';
import type { Shape } from './shapes.ts';

/**
 * `kill -9` of flow at random moments, each followed by a resume, until a run has succeeded; then every effect is
 * counted (RELIABILITY.md §8.4, "Real crash"). One implementation for the suite and for `npm run crash`.
 */
export interface Campaign {
  /** The launcher of the built command line. */
  readonly bin: string;
  readonly kills: number;
  readonly seed: number;
  /** Told after every run. */
  readonly onRun?: (tally: Tally) => void;
}

export interface Tally {
  runs: number;
  kills: number;
  /** Tries of a dead flow whose process was waited for, or whose exit file was taken. */
  adopted: number;
  /** Tries of a dead flow that were fenced before they started, and were tried again. */
  neverStarted: number;
  /** Effects that are missing in the end, and tries whose result was given up. */
  lost: number;
  /** Effects that are there more often than the DAG says. */
  doubled: number;
  /** Everything that was wrong, in words, with the seed that repeats it. */
  readonly problems: string[];
}

export function emptyTally(): Tally {
  return { runs: 0, kills: 0, adopted: 0, neverStarted: 0, lost: 0, doubled: 0, problems: [] };
}

/** Runs a shape again and again until flow was killed so often. */
export async function campaign(shape: Shape, { bin, kills, seed, onRun }: Campaign): Promise<Tally> {
  const tally = emptyTally();
  const chance = random(seed);
  // The first run is left alone: how long it takes here and now decides when the others are killed.
  let within = NEVER_MS;
  while (tally.kills < kills) {
    const place = new Place(bin, shape);
    const began = performance.now();
    try {
      await oneRun(
        place,
        () => (tally.runs > 0 && tally.kills < kills ? chance.below(within) : NEVER_MS),
        tally,
      );
      if (tally.runs === 0) within = Math.ceil((performance.now() - began) * LATEST);
      tally.runs += 1;
      await count(place, shape, tally, `${shape.name}, seed ${seed}, run ${tally.runs}`);
    } finally {
      rmSync(place.dir, { recursive: true, force: true });
    }
    onRun?.(tally);
  }
  return tally;
}

const RUN = 'run-1';
/** Longer than any run takes that is not killed. */
const NEVER_MS = 600_000;
/** Of the time that a run takes undisturbed: the latest moment at which flow is killed. */
const LATEST = 0.8;

/** `moment` says after how many milliseconds flow is killed. */
async function oneRun(place: Place, moment: () => number, tally: Tally): Promise<void> {
  const start = ['run', 'dag.yaml', '--run-id', RUN];
  let code = (await place.flow(start, moment())).code;
  while (code === null) {
    tally.kills += 1;
    // Killed before the run was recorded: nothing must have happened, and there is nothing to resume.
    const recorded = (await place.flow(['status', RUN])).code === 0;
    code = (await place.flow(recorded ? ['resume', RUN] : start, moment())).code;
  }
  if (code !== 0) tally.problems.push(`run ${tally.runs + 1} ended with exit code ${code}`);
}

async function count(place: Place, shape: Shape, tally: Tally, where: string): Promise<void> {
  const found = place.effects();
  for (const name of new Set([...shape.effects.keys(), ...found.keys()])) {
    const [wanted, is] = [shape.effects.get(name) ?? 0, found.get(name) ?? 0];
    tally.lost += Math.max(0, wanted - is);
    tally.doubled += Math.max(0, is - wanted);
    if (wanted !== is) tally.problems.push(`${where}: ${name} happened ${is} times, not ${wanted}`);
  }
  const verdicts = await place.verdicts();
  tally.adopted += verdicts.adopted;
  tally.neverStarted += verdicts.never_started;
  tally.lost += verdicts.unknown;
  if (verdicts.unknown > 0) tally.problems.push(`${where}: ${verdicts.unknown} tries were given up`);
  for (const path of place.filesWith(shape.secret)) tally.problems.push(`${where}: a secret is in ${path}`);
}

/** Foreach and child-run steps have no process, so taking them up again is no adoption. */
const VERDICTS = `select
  count(*) filter (where e.type = 'step.adopted') as adopted,
  count(*) filter (where json_extract(e.data, '$.verdict') = 'never_started') as never_started,
  count(*) filter (where json_extract(e.data, '$.verdict') = 'unknown') as unknown
from event as e join step_try as t on t.run = e.run and t.step = e.step and t.n = e.try
where e.type in ('step.adopted', 'step.lost') and not t.in_flow`;

interface Verdicts {
  readonly adopted: number;
  readonly never_started: number;
  readonly unknown: number;
}

/** A folder of one run, with its own home. */
class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'flow-crash-'));
  readonly #bin: string;
  readonly #shape: Shape;

  constructor(bin: string, shape: Shape) {
    this.#bin = bin;
    this.#shape = shape;
    mkdirSync(join(this.dir, 'effects'));
    writeFileSync(join(this.dir, 'dag.yaml'), shape.text);
  }

  /** Starts flow and kills it with SIGKILL after `ms`, unless it is done before: its exit code is then null. */
  async flow(args: readonly string[], ms = NEVER_MS): Promise<{ code: number | null; stdout: string }> {
    const child = spawn(process.execPath, [this.#bin, ...args], {
      cwd: this.dir,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    return { code, stdout: Buffer.concat(chunks).toString() };
  }

  #environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.dir,
      SHELL: '/bin/sh',
      FLOW_HOME: join(this.dir, 'home'),
      E: join(this.dir, 'effects'),
      CAMPAIGN_TOKEN: this.#shape.secret ?? '',
    };
  }

  effects(): Map<string, number> {
    const folder = join(this.dir, 'effects');
    const lines = (name: string): number => readFileSync(join(folder, name), 'utf8').split('\n').length - 1;
    return new Map(readdirSync(folder).map((name) => [name, lines(name)]));
  }

  async verdicts(): Promise<Verdicts> {
    const { stdout } = await this.flow(['sql', VERDICTS, '--json']);
    const [row] = JSON.parse(stdout) as [Verdicts];
    return row;
  }

  filesWith(secret: string | undefined): string[] {
    if (secret === undefined) return [];
    const home = join(this.dir, 'home');
    return readdirSync(home, { recursive: true, encoding: 'utf8' })
      .filter((name) => lstatSync(join(home, name), { throwIfNoEntry: false })?.isFile() === true)
      .filter((name) => readFileSync(join(home, name)).includes(secret));
  }
}
