import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { tableLines } from '../../term/table.ts';
import type { Context } from '../context.ts';
import { examine } from '../examine.ts';
import type { Finding } from '../finding.ts';

export interface DoctorFlags {
  readonly json?: boolean;
}

/** `flow doctor`: what flow runs on; each problem with the line that fixes it. Exit 1 when there is one. */
export async function doctor(context: Context, flags: DoctorFlags): Promise<ExitCode> {
  const findings = await examine(context);
  const problems = findings.filter((finding) => finding.problem !== null);
  if (flags.json === true) context.out.write(`${JSON.stringify(asJson(findings), null, 2)}\n`);
  else for (const line of asLines(findings, context)) context.out.write(`${line}\n`);
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}

function asJson(findings: readonly Finding[]): object {
  return {
    ok: findings.every(({ problem }) => problem === null),
    checks: findings.map(({ name, value, problem, fix }) => ({ name, value, problem, fix })),
  };
}

function asLines(findings: readonly Finding[], { paintOut }: Context): string[] {
  const rows = findings.map(({ name, value, problem }) => [
    problem === null ? paintOut('success', '✓') : paintOut('error', '✗'),
    name,
    value,
  ]);
  const table = tableLines(rows);
  return findings.flatMap(({ problem, fix }, i) => [
    table[i] ?? '',
    ...(problem === null ? [] : [`    ${paintOut('error', problem)}`]),
    ...(problem === null || fix === null ? [] : [`    ${paintOut('hint', 'fix:')} ${fix}`]),
  ]);
}
