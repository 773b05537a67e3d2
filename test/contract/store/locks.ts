import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FlowError } from '../../../src/errors/diagnostic.ts';
import { EXIT } from '../../../src/errors/exit-codes.ts';
import { openLocks } from '../../../src/store/sqlite/lock.ts';
import { compile } from '../../support/compile.ts';

import type { Bench } from './bench.ts';

export function locksContract({ driver, place, outsider }: Bench): void {
  describe('locks (§2.5, §3.6)', () => {
    const HOLDER = `
      const { openLocks } = await import(process.argv[1]);
      const { root, driver } = JSON.parse(process.argv[2]);
      const locks = openLocks({ home: { root, locks: root + '/work/.locks' }, driver });
      try { locks.hold('a.lock'); console.log('held'); } catch (error) { console.log('refused ' + error.exitCode); process.exit(); }
      setInterval(() => {}, 1000);`;

    async function holder(module: string): Promise<{ said: string; kill: () => Promise<void> }> {
      const given = JSON.stringify({ root: place.home.root, driver });
      const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER, module, given], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      return {
        said: String(said).trim(),
        kill: async () => {
          child.kill('SIGKILL');
          await exited;
        },
      };
    }

    test('what this process holds is not free, also when its file was deleted', () => {
      const locks = openLocks({ home: place.home, driver });
      locks.hold('a.lock');
      rmSync(join(place.home.locks, 'a.lock'));
      expect(openLocks({ home: place.home, driver }).isFree('a.lock')).toBe(false);
      locks.release();
      expect(locks.isFree('a.lock')).toBe(true);
    });

    test('one holder at a time; free at once when it is killed', async () => {
      const module = await compile('src/store/sqlite/lock.ts');
      const locks = openLocks({ home: place.home, driver });
      expect(locks.isFree('a.lock')).toBe(true);
      const first = await holder(module);
      expect(first.said).toBe('held');
      expect(locks.isFree('a.lock')).toBe(false);
      expect(() => locks.hold('a.lock')).toThrow(FlowError);
      const second = await holder(module);
      expect(second.said).toBe(`refused ${EXIT.busy}`);
      await second.kill();
      expect(locks.isFree('a.lock')).toBe(false);
      await first.kill();
      expect(locks.isFree('a.lock')).toBe(true);
      locks.hold('a.lock');
      expect(locks.isFree('a.lock')).toBe(false);
      const third = await holder(module);
      expect(third.said).toBe(`refused ${EXIT.busy}`);
      await third.kill();
      locks.release();
      expect(existsSync(join(place.home.locks, 'a.lock'))).toBe(false);
      expect(locks.isFree('a.lock')).toBe(true);
    });

    test('who looks does not lock out who looks', () => {
      const locks = openLocks({ home: place.home, driver });
      locks.hold('a.lock');
      const path = join(place.home.locks, 'b.lock');
      writeFileSync(path, '');
      const looking = outsider(path);
      looking.exec('begin');
      looking.prepare('select count(*) from sqlite_master').get();
      expect(locks.isFree('b.lock')).toBe(true);
      looking.close();
      locks.release();
    });

    test('a name is no path', () => {
      expect(() => openLocks({ home: place.home, driver }).isFree('../flow.db')).toThrow('not a name');
    });
  });
}
