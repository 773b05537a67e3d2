import { isTimeZone } from '../base/instant.ts';
import type { Around } from '../language/report.ts';
import type { DagSetup } from './setup.ts';

/** What schedules of a file are compared with while it is loaded. */
export function aroundOf(setup: Pick<DagSetup, 'clock' | 'config'>): Around {
  return {
    now: setup.clock.wall(),
    // Only schedules ask, and the first answer takes Node 10 ms.
    get zone() {
      return defaultZone(setup);
    },
  };
}

/** The zone of what names none (LANGUAGE.md §20.3): FLOW_TZ, then the configuration, then the local zone. */
export function defaultZone({ config }: Pick<DagSetup, 'config'>): string {
  if (config.tz !== null) return config.tz;
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return isTimeZone(local) ? local : 'UTC';
}
