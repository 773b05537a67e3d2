import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { DAG_NAME } from '../../language/names.ts';
import type { Context } from '../context.ts';
import { stem } from '../../machine/dag-argument.ts';
import { SCHEMA_LINE, writeNewFiles, writeSchema } from '../new-file.ts';
import { shownPath } from '../../machine/shown-path.ts';
import { usageError } from '../usage.ts';

/**
 * `flow init [NAME]`: a small DAG to start from, and beside it the schema that editors check it with. Nothing that
 * exists is written over. @throws FlowError: exit 1 (S018) when the file exists, exit 2 for a bad name
 */
export function init(context: Context, argument = 'hello'): ExitCode {
  const name = stem(argument);
  if (!DAG_NAME.test(name) || name.length > 100) {
    throw usageError(
      `init: invalid DAG name "${argument}", it must match ${DAG_NAME.source}`,
      'give a name without a folder; --dags DIR says where the file goes',
    );
  }
  const folder = folderOf(context);
  const file = join(folder, `${name}.yaml`);
  const shown = shownPath(file, context.cwd);
  const made = [{ path: file, text: dagText(name, shown) }];
  writeNewFiles(context, made, 'give another name: `flow init NAME`');
  const wrote = [shown, ...writeSchema(context, folder)];
  if (!context.quiet) {
    context.err.write(`wrote ${wrote.join(' and ')}\n\nrun it with  flow run ${shown}\n`);
  }
  return EXIT.ok;
}

/** The DAG folder if there is one or one was named, else the current directory. */
function folderOf({ cwd, dags }: Context): string {
  return dags !== resolve(cwd, 'dags') || existsSync(dags) ? dags : cwd;
}

function dagText(name: string, shown: string): string {
  return `${SCHEMA_LINE}
# ${name}.yaml — two steps at the same time, then one that reads what they found.
#   flow run ${shown}
#   flow run ${shown} who=Ada
# What else a DAG can say: flow help language
description: says hello and counts the files in its folder

params:                                   # values of a run; here with their defaults
  - {name: who, default: world, description: whom to greet}

steps:
  - id: greet
    run: echo "Hello, $who!"              # params are environment variables

  - id: count                             # no depends: runs beside greet
    run: |
      files=$(ls | wc -l)
      echo "files=$((files))" >> "$FLOW_OUTPUT_FILE"
    outputs: [{name: files}]              # what the step wrote to $FLOW_OUTPUT_FILE
    retry_policy: {limit: 2, interval_sec: 1}

  - id: report
    depends: [greet, count]
    env: [{FILES: "\${steps.count.outputs.files}"}]
    run: echo "$who, there are $FILES files here"
`;
}
