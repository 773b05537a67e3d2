import { chmodSync } from 'node:fs';
import { execa } from 'execa';
import { BIN, type Place } from './flow.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What a shell offers at the end of a line, without descriptions; asked by its own means, with the real scripts. */
export type Offered = (line: string) => Promise<string[]>;

const ZSH_COMPADD =
  'compadd() { local -a shown; zparseopts -D -E -a shown l V: d: S: a; print -rl -- "${(@P)@[-1]}"; }';

/** Sourced before the line is completed; each prints a candidate a line. */
const DRIVERS: Readonly<Record<Shell, string>> = {
  bash: `
    source <(flow completion bash)
    COMP_LINE=$LINE COMP_POINT=\${#LINE}
    _flow flow
    printf '%s\\n' "\${COMPREPLY[@]}"`,
  // The builtins that only work within the line editor are stood in for.
  zsh: `
    compdef() { :; }
    compset() { [[ $PREFIX == \${~2}* ]] && PREFIX=\${PREFIX#\${~2}}; }
    ${ZSH_COMPADD}
    source <(flow completion zsh)
    words=(\${(z)LINE}) CURRENT=\${#words}
    if [[ $LINE == *' ' ]]; then (( CURRENT += 1 )); PREFIX=; else PREFIX=\${words[-1]#[\\"\\']}; fi
    _flow`,
  fish: `
    flow completion fish | source
    complete -C "$LINE"`,
};

/** @throws when the shell cannot be started */
export function shellWith(at: Place, shell: Shell): Offered {
  chmodSync(at.write('bin/flow', `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`), 0o755);
  const plain = { bash: ['--noprofile', '--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  return async (line) => {
    const { stdout, stderr } = await execa(shell, [...plain, '-c', DRIVERS[shell]], {
      cwd: at.dir,
      env: {
        PATH: `${at.dir}/bin:${process.env['PATH'] ?? ''}`,
        HOME: at.dir,
        FLOW_HOME: at.home,
        LC_ALL: 'C.UTF-8',
        LINE: line,
      },
      extendEnv: false,
    });
    if (stderr !== '') throw new Error(stderr);
    const words = stdout.split('\n').map((candidate) => candidate.split('\t', 1)[0] ?? '');
    return words.filter((word) => word !== '');
  };
}
