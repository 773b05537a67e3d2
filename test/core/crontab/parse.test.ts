import { describe, expect, test } from 'vitest';
import { parseCrontab } from '../../../src/core/crontab/parse.ts';
import type { CrontabJob } from '../../../src/core/crontab/crontab.ts';

/** The one job of a text without a problem. */
function job(text: string, user: string | null = null): CrontabJob {
  const { jobs, problems } = parseCrontab(text, user);
  expect(problems).toEqual([]);
  expect(jobs.length).toBe(1);
  return jobs[0] as CrontabJob;
}

/** The problems as `kind "what it points to": message`. */
function problems(text: string, user: string | null = null): string[] {
  return parseCrontab(text, user).problems.map(
    ({ kind, message, start, end }) => `${kind} "${text.slice(start, end)}": ${message}`,
  );
}

describe('jobs of a crontab', () => {
  test('five fields, blanks of any kind, and the rest of the line as it is', () => {
    expect(job('# a\n\n \t0  2\t* * 1-5 \t backup  --all # now \r\n')).toMatchObject({
      ...{ line: 3, schedule: '0 2 * * 1-5', command: 'backup  --all # now ', input: null },
      ...{ zone: null, delayMinutes: 0 },
    });
  });

  test.each([
    ['@daily x', '@daily'],
    ['@annually\tx', '@annually'],
    ['*/5,7 0-23/2 1,15 jan-mar sun,7 x', '*/5,7 0-23/2 1,15 jan-mar sun,7'],
    ['-* * * * * x', '* * * * *'],
  ])('%s', (line, schedule) => {
    expect(job(line)).toMatchObject({ schedule, command: 'x' });
  });

  test('of /etc/crontab the user is no part of the command', () => {
    expect(job('17 * * * *  ada\t cd / && x', 'ada').command).toBe('cd / && x');
    expect(problems('17 * * * * root x', 'ada')).toEqual([
      'job "17 * * * * root x": the job runs as root, flow runs all as ada',
    ]);
    expect(problems('17 * * * * root x')).toEqual([
      'job "17 * * * * root x": the command begins with the name of a user',
    ]);
  });
});

describe('the percent sign', () => {
  test.each([
    ['date +\\%F', 'date +%F', null],
    ['cat%a', 'cat', 'a\n'],
    ['cat%a%%b\\%c%', 'cat', 'a\n\nb%c\n'],
    ['cat%a\\b\\', 'cat', 'a\\b\\\n'],
    ['cat%', 'cat', null],
    // A backslash that another one precedes escapes nothing in the command, in the input it does.
    ['echo \\\\%x\\\\%y', 'echo \\\\', 'x\\%y\n'],
    ['echo a\\', 'echo a\\', null],
  ])('%s', (text, command, input) => {
    expect(job(`0 0 * * * ${text}`)).toMatchObject({ command, input });
  });

  test('a long command without one is read at once', () => {
    expect(job(`0 0 * * * ${'\\a'.repeat(20_000)}`).input).toBe(null);
  });
});

describe('variables', () => {
  test.each([
    ['A=b', { A: 'b' }],
    ['  A  =  b c  ', { A: 'b c' }],
    ['A="  b "  ', { A: '  b ' }],
    ["A='b\"c'", { A: 'b"c' }],
    ['"A" = b', { A: 'b' }],
    ['A=', { A: '' }],
    ['A=""', { A: '' }],
    ['A=b"c" # d', { A: 'b"c" # d' }],
    ['A=$HOME/x:\\$y', { A: '$HOME/x:\\$y' }],
    ['A=1\nA=2\nB=3', { A: '2', B: '3' }],
    ['MAILTO=""', { MAILTO: '' }],
  ])('%s', (lines, variables) => {
    expect(Object.fromEntries(job(`${lines}\n@daily x\n`).variables)).toEqual(variables);
  });

  test('hold for the lines below them only', () => {
    const { jobs } = parseCrontab(
      '@daily a\nCRON_TZ=Asia/Tokyo\nRANDOM_DELAY=45\nTZ=UTC\n@daily b\nCRON_TZ=\n@daily c',
      null,
    );
    expect(jobs.map(({ zone, delayMinutes, variables }) => [zone, delayMinutes, [...variables]])).toEqual([
      [null, 0, []],
      ['Asia/Tokyo', 45, [['TZ', 'UTC']]],
      [null, 45, [['TZ', 'UTC']]],
    ]);
  });

  test('what flow cannot carry over is told; mail once', () => {
    const text = 'MAILTO=ops\nLOGNAME=x\nFLOW_TRY=1\nA-B=1\nRANDOM_DELAY=soon\nMAILTO=dev\n';
    expect(problems(text)).toEqual([
      'note "MAILTO=ops": flow sends no mail; output goes to logs',
      'note "LOGNAME=x": LOGNAME was left out: cron sets it by itself, too',
      'note "FLOW_TRY=1": FLOW_TRY was left out: flow sets it by itself',
      'note "A-B=1": A-B was left out: no shell knows a variable of such a name',
      'note "RANDOM_DELAY=soon": RANDOM_DELAY must be a number of minutes',
    ]);
  });
});

describe('lines that become no job', () => {
  test.each([
    ['@reboot x', '@reboot', '"@reboot" is not supported'],
    ['@fortnightly x', '@fortnightly', 'unknown macro "@fortnightly"'],
    ['61 * * * * x', '61', 'minute "61" must be 0-59'],
    ['0 22-2 * * * x', '22-2', 'hour "22-2" must ascend'],
    ['0 0 30 2 * x', '0 0 30 2 *', '"0 0 30 2 *" never fires'],
    ['0~9 * * * * x', '0~9', 'random times as 0~9 are not supported'],
    ['0 1,5/6 * * * x', '5/6', 'cron refuses 5/6, or takes it for 5 alone; flow begins at 5 and goes on'],
    ['* * * * * * x', '* * * * * * x', 'the command begins with *'],
    ['* * * * *', '* * * * *', 'there is no command'],
    ['* * * * * %x', '* * * * * %x', 'there is no command'],
    ['A="b" c', 'A="b" c', 'neither a job nor NAME=value'],
    ['hello', 'hello', 'neither a job nor NAME=value'],
    ['* * * * * x \ufffd', '\ufffd', 'the line holds what is no UTF-8 text'],
  ])('%s', (line, place, message) => {
    expect(problems(`# one\n@daily fine\n  ${line}\n`)).toEqual([`job "${place}": ${message}`]);
  });

  test('a zone that nobody knows takes the jobs below it away', () => {
    expect(problems('CRON_TZ=Mars/Base\n@daily x\nCRON_TZ=UTC\n@daily y')).toEqual([
      'job "@daily x": unknown time zone "Mars/Base" of CRON_TZ',
    ]);
  });
});
