import type { Clock } from '../base/clock.ts';
import type { FlowHome } from '../base/paths.ts';
import type { DagPlaces } from './dag-argument.ts';

/** What reading DAGs on this machine depends on. */
export interface DagSetup extends DagPlaces {
  readonly clock: Clock;
  readonly config: RunSettings;
}

/** What running them depends on: the command line and the library each decide it. */
export interface Setup extends DagSetup {
  readonly home: FlowHome;
  /** The one that steps get. */
  readonly umask: number;
  /** The variables that steps inherit (LANGUAGE.md §7.2, layer 1). */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The settings of CLI.md §7 that count for a run, decided. */
export interface RunSettings {
  /** Absolute; null: there is no base file. */
  readonly baseConfig: string | null;
  readonly unresolved: 'strict' | 'keep';
  readonly strictPermissions: boolean;
  readonly defaultShell: string | null;
  /** Null: the local zone. */
  readonly tz: string | null;
  readonly jobs: number;
  readonly maxProcesses: number;
  readonly maxLogSize: number;
  readonly onFailure: 'continue' | 'drain' | 'kill';
  /** Names and `PREFIX*` that the daemon hands to steps; null: all. */
  readonly envPassthrough: readonly string[] | null;
  readonly durability: 'full' | 'normal';
  /** `http: {deny_private}`. */
  readonly denyPrivate: boolean;
}
