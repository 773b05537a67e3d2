import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dagNames } from '../../../src/core/crontab/names.ts';
import { DAG_NAME } from '../../../src/language/names.ts';

test.each([
  ['/usr/local/bin/backup --all', 'backup'],
  ['/opt/a/rotate.sh', 'rotate'],
  ['cd /srv/app && ./bin/clean-up.py 3', 'clean-up'],
  ['A=1 B=2 nice -n 10 /usr/bin/env python3 -u /opt/etl/nightly.py', 'nightly'],
  ['[ -x /usr/sbin/logrotate ] && /usr/sbin/logrotate /etc/logrotate.conf', 'logrotate'],
  ['test -f x || "/opt/my tools/run"', 'my'],
  ['timeout 30s curl -fsS https://example.com', 'curl'],
  ['( sleep 5; poll )', 'poll'],
  ['>/dev/null', 'null'],
  ['$(x)', 'x'],
  ['%', 'job'],
])('%s', (command, name) => {
  expect(dagNames([command])).toEqual([name]);
});

test('one name each, whatever its case; none is that of the configuration', () => {
  expect(dagNames(['a', 'b', 'A', '/bin/a.sh', 'a-2', 'flow.config'])).toEqual([
    ...['a', 'b', 'A-2', 'a-3', 'a-2-2', 'flow.config-2'],
  ]);
});

test('every command gets a name in the grammar of §2.3', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 200 })), (commands) => {
      const names = dagNames(commands);
      expect(names.filter((name) => !DAG_NAME.test(name) || name.length > 100)).toEqual([]);
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(commands.length);
    }),
  );
});
