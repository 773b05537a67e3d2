import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place } from '../support/flow.ts';
import type { Place } from '../support/flow.ts';

const STEP = 'steps: [{run: echo hi}]\n';
const FROM = ['--from', '2026-05-01T00:00:00Z', '--next', '1', '--json'];

async function zoneOf(at: Place, file: string, env: Record<string, string>): Promise<string | undefined> {
  const { stdout } = await at.flow(['schedule', file, ...FROM], { env });
  const { ticks } = JSON.parse(stdout) as { ticks: { zone: string }[] };
  return ticks[0]?.zone;
}

describe('flow schedule (CLI.md §3)', () => {
  test('zone: prefix, timezone, FLOW_TZ, configuration, local zone (§20.3)', async () => {
    const at = place();
    at.write('prefix.yaml', `schedule: "CRON_TZ=Asia/Tokyo @daily"\ntimezone: Europe/Rome\n${STEP}`);
    at.write('root.yaml', `schedule: "@daily"\ntimezone: Europe/Rome\n${STEP}`);
    at.write('bare.yaml', `schedule: "@daily"\n${STEP}`);
    const local = { TZ: 'America/Lima' };
    expect(await zoneOf(at, 'bare.yaml', local)).toBe('America/Lima');
    at.write('flow.config.yaml', 'tz: Africa/Cairo\n');
    expect(await zoneOf(at, 'bare.yaml', local)).toBe('Africa/Cairo');
    const variable = { ...local, FLOW_TZ: 'Asia/Kolkata' };
    expect(await zoneOf(at, 'bare.yaml', variable)).toBe('Asia/Kolkata');
    expect(await zoneOf(at, 'root.yaml', variable)).toBe('Europe/Rome');
    expect(await zoneOf(at, 'prefix.yaml', variable)).toBe('Asia/Tokyo');
  });

  test('--from is a time in the default zone, and belongs to the time looked at', async () => {
    const at = place();
    at.write('dag.yaml', `schedule: "0 6 * * *"\n${STEP}`);
    const env = { FLOW_TZ: 'Asia/Kolkata' };
    for (const from of ['2026-05-01 06:00', '2026-05-01', '2026-05-01T00:30:00Z']) {
      const { stdout } = await at.flow(['schedule', 'dag.yaml', '--from', from, '--next', '1'], { env });
      expect(stdout).toContain('Fri 2026-05-01 06:00  Asia/Kolkata  2026-05-01 00:30Z');
    }
    const { stdout } = await at.flow(
      ['schedule', 'dag.yaml', '--from', '2026-05-01 06:00:01', '--next', '1'],
      { env },
    );
    expect(stdout).toContain('Sat 2026-05-02 06:00');
  });

  test('nothing is left, and nothing is there', async () => {
    const at = place();
    at.write('over.yaml', `schedule: [{at: "2020-01-01T00:00:00Z"}]\n${STEP}`);
    expect(await at.flow(['schedule', 'over.yaml'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'no tick is left\n',
    });
    expect(JSON.parse((await at.flow(['schedule', 'over.yaml', '--json'])).stdout)).toEqual({ ticks: [] });
    mkdirSync(join(at.dir, 'empty'));
    const empty = await at.flow(['schedule', 'empty']);
    expect([empty.code, empty.stderr]).toEqual([2, 'error[E002] no *.yaml or *.yml file in empty\n']);
    writeFileSync(join(at.dir, 'empty/manual.yaml'), STEP);
    writeFileSync(join(at.dir, 'empty/other.yaml'), STEP);
    expect((await at.flow(['schedule', 'empty'])).stderr).toBe('no DAG in empty has a schedule\n');
  });

  test('ticks of one instant come in the order of the names', async () => {
    const at = place();
    for (const name of ['b', 'c', 'a']) at.write(`dags/${name}.yaml`, `schedule: "TZ=UTC @daily"\n${STEP}`);
    const { stdout } = await at.flow(['schedule', 'dags', '--next', '5', '--from', '2026-05-01', '--json']);
    const { ticks } = JSON.parse(stdout) as { ticks: { dag: string }[] };
    expect(ticks.map(({ dag }) => dag).join('')).toBe('abcab');
  });

  test('run does not look at schedules (§20.1)', async () => {
    const at = place();
    at.write('dag.yaml', `schedule: "TZ=UTC @yearly"\njitter_sec: 3600\n${STEP}`);
    const { code, stderr } = await at.flow(['run', 'dag.yaml']);
    expect(code, stderr).toBe(0);
  });
});
