import { flowHome, type FlowHome } from '../base/paths.ts';
import { defaultHome } from '../machine/default-home.ts';
import { colorLevel, painter, type Paint } from '../term/color.ts';
import type { Sink } from '../term/sink.ts';
import { loadConfig, type Config } from './config.ts';
import type { GlobalFlags, Host, SettingFlags } from './host.ts';

export interface Context extends Host {
  readonly config: Config;
  readonly home: FlowHome;
  readonly userHome: string | undefined;
  /** Absolute path of the DAG folder. */
  readonly dags: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly paintOut: Paint;
  readonly paintErr: Paint;
}

/**
 * Reads the settings and resolves what every command needs.
 * @throws FlowError (exit 2) for a bad setting, (exit 70) when no place for the state is known.
 */
export async function makeContext(
  host: Host,
  flags: GlobalFlags,
  settings: SettingFlags = {},
): Promise<Context> {
  const userHome = host.env['HOME'] === '' ? undefined : host.env['HOME'];
  const config = await loadConfig({
    flags: { ...flags, ...settings },
    env: host.env,
    cwd: host.cwd,
    userHome,
  });
  const paint = (sink: Sink): Paint => painter(colorLevel(config.color, host.env, sink.isTerminal));
  return {
    ...host,
    config,
    home: flowHome(config.home ?? defaultHome(host.env, userHome)),
    userHome,
    dags: config.dags,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    paintOut: paint(host.out),
    paintErr: paint(host.err),
  };
}
