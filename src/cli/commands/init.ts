import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { flowError } from '../../errors/diagnostic.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { languageSchema } from '../../language/editor-schema.ts';
import { DAG_NAME } from '../../language/names.ts';
import type { Context } from '../context.ts';
import { stem } from '../dag-argument.ts';
import { shownPath } from '../paths.ts';
import { usageError } from '../usage.ts';

const SCHEMA_FILE = 'flow.schema.json';

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
  make(() => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, dagText(name, shown), { flag: 'wx' });
  }, shown);
  const wrote = [shown, ...writeSchema(context, join(folder, SCHEMA_FILE))];
  if (!context.quiet) {
    context.err.write(`wrote ${wrote.join(' and ')}\n\nrun it with  flow run ${shown}\n`);
  }
  return EXIT.ok;
}

/** The DAG folder if there is one or one was named, else the current directory. */
function folderOf({ cwd, dags }: Context): string {
  return dags !== resolve(cwd, 'dags') || existsSync(dags) ? dags : cwd;
}

/** An older schema file is left alone: it may be someone's own. */
function writeSchema(context: Context, path: string): string[] {
  const shown = shownPath(path, context.cwd);
  const text = `${JSON.stringify(languageSchema(), null, 2)}\n`;
  if (!existsSync(path)) {
    make(() => writeFileSync(path, text, { flag: 'wx' }), shown);
    return [shown];
  }
  if (readFileSync(path, 'utf8') !== text) {
    const hint = context.paintErr('hint', 'hint:');
    context.err.write(
      `${shown} is of another version and was left as it is\n${hint} flow schema > ${shown}\n`,
    );
  }
  return [];
}

function make(write: () => void, shown: string): void {
  try {
    write();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw flowError(EXIT.failed, 'S018', `${shown} exists already`, 'give another name: `flow init NAME`');
    }
    throw flowError(EXIT.failed, 'S018', `cannot write ${shown}: ${message}`);
  }
}

function dagText(name: string, shown: string): string {
  return `# yaml-language-server: $schema=./${SCHEMA_FILE}
# ${name}.yaml — two steps at the same time, then one that reads what they found.
#   flow run ${shown}
#   flow run ${shown} who=Ada
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
