/* For people (`flow sql`): instants as text in UTC, durations in seconds. Numbered by the version that made them. */

function instant(column: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
}

function times(table: string): string {
  return `${instant(`${table}.started_at`)} as started, ${instant(`${table}.finished_at`)} as finished,
    round((${table}.finished_at - ${table}.started_at) / 1000.0, 3) as seconds`;
}

const LAST_TRY = `left join step_try as t on t.run = s.run and t.step = s.number
    and t.n = (select max(n) from step_try where run = s.run and step = s.number)`;

export const VIEWS_1 = `
create view runs as
  select id, dag, state, reason, attempt, trigger, ${instant('run.created_at')} as created, ${times('run')},
    definition, file, params, labels, outputs
  from run;

create view steps as
  select s.run, r.dag, s.number, s.label as step, s.kind, s.state, s.reason, s.message, coalesce(t.n, 0) as tries,
    t.exit_code, t.signal, ${times('s')}, s.outputs
  from step as s join run as r on r.id = s.run ${LAST_TRY};

create view tries as
  select t.run, r.dag, s.label as step, t.n as try, t.attempt, t.state, t.reason, t.exit_code, t.signal, ${times('t')},
    t.cwd, t.out_log, t.err_log
  from step_try as t join step as s on s.run = t.run and s.number = t.step join run as r on r.id = t.run;

create view failures as
  select s.run, r.dag, s.label as step, s.reason, s.message, t.exit_code, t.signal, s.tolerated, ${times('s')},
    t.out_log, t.err_log
  from step as s join run as r on r.id = s.run ${LAST_TRY}
  where s.state = 'failed';
`;

const KEY = "json_extract(s.item, '$.key')";

/** With items of foreach steps, child runs and questions to people. */
export const VIEWS_2 = `
create view runs as
  select id, dag, state, reason, attempt, trigger, parent_run as parent, ${instant('run.created_at')} as created,
    ${times('run')}, definition, file, params, labels, outputs
  from run;

create view steps as
  select s.run, r.dag, s.number, s.label as step, ${KEY} as item, s.kind, s.state, s.reason, s.message,
    coalesce(t.n, 0) as tries, t.exit_code, t.signal, ${times('s')}, s.outputs
  from step as s join run as r on r.id = s.run ${LAST_TRY}
  where not s.dropped;

create view tries as
  select t.run, r.dag, s.label as step, ${KEY} as item, t.n as try, t.attempt, t.state, t.reason, t.exit_code,
    t.signal, ${times('t')}, t.cwd, t.out_log, t.err_log
  from step_try as t join step as s on s.run = t.run and s.number = t.step join run as r on r.id = t.run;

create view failures as
  select s.run, r.dag, s.label as step, ${KEY} as item, s.reason, s.message, t.exit_code, t.signal, s.tolerated,
    ${times('s')}, t.out_log, t.err_log
  from step as s join run as r on r.id = s.run ${LAST_TRY}
  where s.state = 'failed' and not s.dropped;

create view tasks as
  select k.run, r.dag, s.label as step, k.kind, k.prompt, ${instant('k.asked_at')} as asked, k.answer, k.inputs,
    k.reason, ${instant('k.answered_at')} as answered
  from task as k join step as s on s.run = k.run and s.number = k.step join run as r on r.id = k.run;
`;

export const VIEWS_3 = `
create view ticks as
  select dag, kind, ${instant('scheduled_at')} as scheduled, outcome, reason, message, run,
    ${instant('decided_at')} as decided, round((decided_at - scheduled_at) / 1000.0, 3) as late_seconds, count
  from tick;
`;
