import { describe, expect, test } from 'vitest';
import type { Around } from '../../src/language/report.ts';
import { dagOf, found, load, messages, shown } from '../support/diagnose.ts';

const STEP = 'steps: [{run: echo hi}]\n';
const around: Around = { now: Date.parse('2026-01-15T12:00:00Z'), zone: 'UTC' };

/** The schedule without what the cron parser makes of its expressions. */
function entries(text: string): unknown[] {
  return (dagOf(`${text}\n${STEP}`).schedule ?? []).map((entry) =>
    'cron' in entry
      ? [entry.kind, entry.cron.text, entry.zone]
      : [entry.kind, new Date(entry.at).toISOString(), entry.zone],
  );
}

function hints(text: string): (string | undefined)[] {
  return load(`${text}\n${STEP}`, { around }).diagnostics.map(({ hint }) => hint);
}

describe('forms of a schedule (§20.1, §20.3)', () => {
  test('text, a list, and a map of kinds', () => {
    expect(entries('schedule: "0 2 * * 1-5"')).toEqual([['start', '0 2 * * 1-5', null]]);
    expect(
      entries(
        'schedule: ["0 2 * * *", {expression: "TZ=UTC @hourly"}, {at: "2027-01-01T06:00:00Z"}]\ntimezone: Asia/Tokyo',
      ),
    ).toEqual([
      ['start', '0 2 * * *', 'Asia/Tokyo'],
      ['start', '@hourly', 'UTC'],
      ['start', '2027-01-01T06:00:00.000Z', 'Asia/Tokyo'],
    ]);
    expect(
      entries('schedule: {stop: "0 18 * * *", start: "0 8 * * *", restart: ["0 12 * * *", "0 15 * * *"]}'),
    ).toEqual([
      ['start', '0 8 * * *', null],
      ['stop', '0 18 * * *', null],
      ['restart', '0 12 * * *', null],
      ['restart', '0 15 * * *', null],
    ]);
  });

  test('one entry as a map needs no list', () => {
    expect(entries('schedule: {expression: "@daily"}')).toEqual([['start', '@daily', null]]);
    expect(entries('schedule: {start: {at: 2027-01-01T07:30:00+01:30}}')).toEqual([
      ['start', '2027-01-01T06:00:00.000Z', null],
    ]);
  });

  test('nothing is scheduled without entries', () => {
    for (const text of ['', 'schedule:', 'schedule: []', 'schedule: {start: []}']) {
      expect(dagOf(`${text}\n${STEP}`).schedule).toBeNull();
    }
  });

  test('shapes that are none (E804, E106, E112)', () => {
    expect(found(`schedule: [[a]]\n${STEP}`)).toEqual(['E804 1:12']);
    expect(found(`schedule: ["@daily", null]\n${STEP}`)).toEqual(['E804 1:22']);
    expect(found(`schedule: {}\n${STEP}`)).toEqual(['E804 1:11']);
    expect(found(`schedule: [{}]\n${STEP}`)).toEqual(['E804 1:12']);
    expect(found(`schedule: {start: [{at: 2027-01-01T06:00:00Z, expression: "@daily"}]}\n${STEP}`)).toEqual([
      'E112 1:21',
    ]);
    expect(messages(`schedule: {begin: "@daily"}\n${STEP}`)).toEqual(['schedule: unknown key "begin"']);
  });

  test('a profile is not supported yet (§25)', () => {
    expect(messages(`schedule: [{expression: "@daily", profile: prod}]\n${STEP}`)).toEqual([
      'schedule[0]: "profile" is not supported yet',
    ]);
    expect(found(`schedule: {start: {profile: prod, expression: "@daily"}}\n${STEP}`)).toEqual(['E901 1:20']);
  });

  test('an instant is RFC 3339, a whole minute, and starts (E804)', () => {
    const at = (text: string): string[] => messages(`schedule: {start: {at: "${text}"}}\n${STEP}`);
    for (const wrong of [
      '2027-01-01 06:00',
      '2027-01-01T06:00Z',
      '2027-01-01T06:00:00',
      'tomorrow',
      '2027-02-30T06:00:00Z',
    ]) {
      expect(at(wrong)).toEqual([
        'schedule.start.at must be RFC 3339 with its zone, as 2027-01-01T06:00:00Z',
      ]);
    }
    expect(at('2027-01-01T06:00:30Z')).toEqual(['schedule.start.at must be a whole minute']);
    expect(at('2027-01-01T06:00:00.5Z')).toEqual(['schedule.start.at must be a whole minute']);
    expect(messages(`schedule: {stop: [{at: 2027-01-01T06:00:00Z}]}\n${STEP}`)).toEqual([
      'schedule.stop[0]: at is only allowed under start',
    ]);
  });
});

describe('expressions (§20.2, §20.3)', () => {
  test('the caret stands under the part that is wrong', () => {
    expect(shown(`schedule: "TZ=UTC 0 25 * * 1,fry"\n${STEP}`)).toBe(
      [
        'dag.yaml:1:21: error[E801] schedule: cron: hour "25" must be 0-23',
        '    1 | schedule: "TZ=UTC 0 25 * * 1,fry"',
        '      |                     ^^',
        'dag.yaml:1:30: error[E801] schedule: cron: weekday "fry" must be 0-7 or sun-sat',
        '    1 | schedule: "TZ=UTC 0 25 * * 1,fry"',
        '      |                              ^^^',
        '',
      ].join('\n'),
    );
  });

  test('also in plain text and in text of several lines; else under the whole value', () => {
    expect(found(`schedule: 0 25 * * *\n${STEP}`)).toEqual(['E801 1:13']);
    expect(found(`schedule: >-\n  0 25\n  * * *\n${STEP}`)).toEqual(['E801 1:11']);
    expect(found(`schedule: "0\\t25 * * *"\n${STEP}`)).toEqual(['E801 1:11']);
  });

  test.for([
    ['', '"" has 0 fields, needs 5 or 6'],
    ['5', '"5" has 1 field, needs 5 or 6'],
    ['* * * * * * 2027', '"* * * * * * 2027" has 7 fields, needs 5 or 6'],
    ['@reboot', '"@reboot" is not supported'],
    ['@every 5m', '"@every" is not supported'],
    ['@dayly', 'unknown macro "@dayly"'],
    ['@daily 5', 'unknown macro "@daily 5"'],
    ['*/0 * * * *', 'minute "*/0" needs a step from 1 on'],
    ['0 22-2 * * *', 'hour "22-2" must ascend'],
    ['0 0 * * 5-1', 'weekday "5-1" must ascend'],
    ['1,,2 * * * *', 'minute "1,,2" has an empty item'],
    ['0 0 L-31 * *', 'day "L-31" must be L-1 to L-30'],
    ['0 0 * * 1#6', 'weekday "1#6" must end in #1 to #5'],
    ['0 0 * * L', 'weekday "L" needs a day'],
    ['61 0 0 * * *', 'second "61" must be 0-59'],
  ])('E801: "%s"', ([text = '', message], { expect }) => {
    const { diagnostics } = load(`schedule: "${text}"\n${STEP}`);
    expect(diagnostics.map(({ code }) => code)).toEqual(['E801']);
    expect(diagnostics[0]?.message).toBe(`schedule: cron: ${message ?? ''}`);
  });

  test('an expression of any length is read at once, or refused', () => {
    const long = `*,${'*,'.repeat(1_000_000)}*`;
    expect(messages(`schedule: "${long} 0 * * *"\n${STEP}`)).toEqual([
      'schedule: cron: the expression has 2000011 characters, at most 1000',
    ]);
    const all = Array.from({ length: 60 }, (_, i) => i).join(',');
    expect(messages(`schedule: "${all} ${all} * * * *"\n${STEP}`)).toEqual([]);
  });

  test('hints say what to write', () => {
    const order = 'five fields are minute, hour, day, month, weekday; of six the first is second';
    expect(hints('schedule: "* * * *"')).toEqual([order]);
    expect(hints('schedule: "* * * * * * *"')).toEqual([`a year is not supported; ${order}`]);
    expect(hints('schedule: "0 22-2 * * *"')).toEqual(['write 22-23,0-2']);
    expect(hints('schedule: "0 0 * * fri-mon"')).toEqual(['write fri-sat,sun-mon']);
    expect(hints('schedule: "0 0 * * 5-1"')).toEqual(['write 5-6,0-1']);
    expect(hints('schedule: "@dayly"')).toEqual(['did you mean "@daily"?']);
    expect(hints('schedule: "H 2 * * *"')).toEqual(['use jitter_sec to spread starts']);
    expect(hints('schedule: "0 0 l * *"')).toEqual(['write L']);
    expect(hints('schedule: "TZ=Europe/Belin 0 2 * * *"')).toEqual(['did you mean "Europe/Berlin"?']);
    expect(hints('schedule: "TZ=+02:00 0 2 * * *"')).toEqual(['write a zone by its name, as Europe/Berlin']);
    expect(hints('timezone: "+02:00"')).toEqual(['write a zone by its name, as Europe/Berlin']);
  });

  test('never (E802) and unknown zones (E803), together with what else is wrong', () => {
    expect(messages(`schedule: "0 0 30 2 *"\n${STEP}`)).toEqual(['schedule: "0 0 30 2 *" never fires']);
    expect(found(`schedule: "TZ=Mars/Base 0 99 * * *"\n${STEP}`)).toEqual(['E803 1:15', 'E801 1:27']);
    expect(found(`schedule: "0 2 * * *"\ntimezone: Mars\n${STEP}`)).toEqual(['E803 2:11']);
  });
});

describe('warnings of a schedule (§20.2, §20.4)', () => {
  const warned = (schedule: string, more: Partial<Around> = {}): string[] =>
    messages(`schedule: ${schedule}\n${STEP}`, { around: { ...around, ...more } });

  test('steps that do not divide their field (W801)', () => {
    expect(warned('"*/35 * * * *"')).toEqual([
      'schedule: step 35 does not divide the 60 minutes: it fires at 0, 35, then 0 again',
    ]);
    expect(warned('"5/7 0 * * *"')[0]).toContain('it fires at 5, 12, … 54, then 5 again');
    expect(warned('"0 0 * * 1/2"')[0]).toContain('it fires at 1, 3, … 7, then 1 again');
    expect(found(`schedule: "1,*/35 * * * *"\n${STEP}`)).toEqual(['W801 1:14']);
    for (const fine of ['*/15 * * * *', '5/15 * * * *', '30/15 * * * *', '0 9-17/3 * * *', '0 0 1 */3 *']) {
      expect(warned(`"${fine}"`)).toEqual([]);
    }
  });

  test('both day fields (W801)', () => {
    expect(warned('"0 0 13 * 5"')).toEqual([
      'schedule: day "13" and weekday "5": it fires when either matches',
    ]);
    expect(warned('"0 0 */31 * 1"')).toEqual([
      'schedule: day "*/31" and weekday "1": both must match, because one begins with *',
    ]);
    expect(hints('schedule: "30 6 8-14 * tue"')).toEqual([
      'write 30 6 * * 2#2 for the second Tuesday of a month',
    ]);
    expect(found(`schedule: "0 0 1-7 * 1"\n${STEP}`)).toEqual(['W801 1:16']);
    for (const fine of ['0 0 * * 1', '0 0 1 * *', '0 0 ? * 1', '0 0 1 * ?'])
      expect(warned(`"${fine}"`)).toEqual([]);
  });

  test('every minute of one hour (W801)', () => {
    expect(warned('"* 2 * * *"')).toEqual(['schedule: it fires every minute of hour 2']);
    expect(hints('schedule: "* 2 * * *"')).toEqual(['write 0 2 * * * for once a day']);
    expect(hints('schedule: "* * 2 * * *"')).toEqual(['write 0 0 2 * * * for once a day']);
    for (const fine of ['* 9-17 * * *', '*/5 2 * * *', '* * * * *']) expect(warned(`"${fine}"`)).toEqual([]);
  });

  test('days that some months do not have (W801)', () => {
    expect(warned('"0 0 31 * *"')).toEqual([
      'schedule: day "31" skips months that do not have it, as February',
    ]);
    expect(warned('"0 0 31 3,4 *"')[0]).toContain('as April');
    expect(warned('"0 0 30W * *"')[0]).toContain('as February');
    for (const fine of ['0 0 28-31 * *', '0 0 31 1,12 *', '0 0 29 2 *', '0 0 L * *', '0 0 31,L * *']) {
      expect(warned(`"${fine}"`)).toEqual([]);
    }
  });

  test('a fixed time that the clock leaves out (W801)', () => {
    const text =
      'schedule: clock change in America/New_York: 02:30 does not exist on 2026-03-08, it fires at 03:00';
    expect(warned('"TZ=America/New_York 30 2 * * *"')).toEqual([text]);
    expect(warned('"30 2 * * *"\ntimezone: America/New_York')).toEqual([text]);
    expect(warned('"30 2 * * *"', { zone: 'America/New_York' })).toEqual([text]);
    // The macro has no fields, and Cairo has no midnight on that day.
    expect(warned('"@daily"', { zone: 'Africa/Cairo' })[0]).toContain('00:00 does not exist on 2026-04-24');
    expect(warned('"*/10 2 * * *"', { zone: 'America/New_York' })).toEqual([]);
    expect(warned('"30 2 1 * *"', { zone: 'America/New_York' })).toEqual([]);
    expect(messages(`schedule: "TZ=America/New_York 30 2 * * *"\n${STEP}`)).toEqual([]);
  });

  test('params without a value (W802) and instants that are over (W803)', () => {
    const params = 'params: [{name: who, required: true}, {name: day, required: true, default: mon}]\n';
    expect(messages(`schedule: "@daily"\n${params}${STEP}`)).toEqual([
      'schedule: param "who" has no value: scheduled starts will fail',
    ]);
    expect(messages(`schedule: {stop: "@daily"}\n${params}${STEP}`)).toEqual([]);
    expect(found(`schedule: {restart: "@daily"}\n${params}${STEP}`)).toEqual(['W802 1:1']);
    expect(warned('[{at: 2026-01-15T12:00:00Z}, {at: 2026-01-15T12:01:00Z}]')).toEqual([
      'schedule[0].at is in the past',
    ]);
    expect(messages(`schedule: [{at: 2000-01-01T00:00:00Z}]\n${STEP}`)).toEqual([]);
  });
});

describe('the fields beside it (§20.5, §20.6, §20.7, §21.1, §21.4)', () => {
  test('have their defaults', () => {
    expect(dagOf(STEP)).toMatchObject({
      ...{
        schedule: null,
        jitterSec: 0,
        catchupWindowMs: null,
        overlapPolicy: 'skip',
        skipIfSuccessful: false,
      },
      ...{ restartWaitSec: 0, queue: null, maxActiveRuns: 1, retention: { days: 30 } },
    });
  });

  test('are read', () => {
    const text =
      'jitter_sec: 1.5\ncatchup_window: 2d12h\noverlap_policy: cancel_running\nskip_if_successful: true\n' +
      'restart_wait_sec: 3\nqueue: nightly\nhist_retention_runs: 7\n';
    expect(dagOf(text + STEP)).toMatchObject({
      ...{ jitterSec: 1.5, catchupWindowMs: 216_000_000, overlapPolicy: 'cancel_running' },
      ...{ skipIfSuccessful: true, restartWaitSec: 3, queue: 'nightly', retention: { runs: 7 } },
    });
    expect(dagOf(`hist_retention_days: 0\n${STEP}`).retention).toEqual({ days: 0 });
  });

  test('and checked', () => {
    expect(messages(`catchup_window: 6 hours\n${STEP}`)).toEqual([
      'invalid catchup_window "6 hours", write a duration as 6h or 2d12h',
    ]);
    expect(found(`catchup_window: 6\n${STEP}`)).toEqual(['E110 1:17']);
    expect(found(`catchup_window: [6h]\n${STEP}`)).toEqual(['E108 1:17']);
    expect(found(`overlap_policy: queue\n${STEP}`)).toEqual(['E110 1:17']);
    expect(found(`jitter_sec: -1\n${STEP}`)).toEqual(['E109 1:13']);
    expect(found(`skip_if_successful: "yes"\n${STEP}`)).toEqual(['E108 1:21']);
    expect(found(`hist_retention_days: -1\n${STEP}`)).toEqual(['E109 1:22']);
    expect(found(`hist_retention_runs: 0\n${STEP}`)).toEqual(['E109 1:22']);
    expect(found(`hist_retention_days: 7\nhist_retention_runs: 3\n${STEP}`)).toEqual(['E112 2:1']);
  });

  test('max_active_runs is the older way to give the private queue its concurrency (§2.6)', () => {
    const write = 'write queue: NAME and the max_concurrency of that queue in flow.config.yaml';
    expect(messages(`max_active_runs: 3\n${STEP}`)).toEqual([`"max_active_runs" is deprecated, ${write}`]);
    expect(dagOf(`max_active_runs: 3\n${STEP}`).maxActiveRuns).toBe(3);
    expect(dagOf(`max_active_runs: -1\n${STEP}`).maxActiveRuns).toBe(0);
    expect(dagOf(`max_active_runs: 3\nqueue: a\n${STEP}`)).toMatchObject({ maxActiveRuns: 1, queue: 'a' });
    expect(messages(`max_active_runs: 3\nqueue: a\n${STEP}`)).toEqual([
      `"max_active_runs" is deprecated and has no effect beside queue, ${write}`,
    ]);
  });
});
