import { didYouMean } from '../../errors/suggest.ts';
import { EXIT, type ExitCode } from '../../errors/exit-codes.ts';
import { SCRIPTS } from '../complete/scripts.ts';
import type { Context } from '../context.ts';
import { usageError } from '../usage.ts';

/** `flow completion bash|zsh|fish`: the script that makes a shell ask flow. @throws FlowError (exit 2) */
export function completion(context: Context, shell: string): ExitCode {
  const script = SCRIPTS.get(shell);
  if (script === undefined) {
    const shells = [...SCRIPTS.keys()];
    throw usageError(
      `no completion for "${shell}"`,
      didYouMean(shell, shells) ?? `one of ${shells.join(', ')}`,
    );
  }
  context.out.write(script);
  return EXIT.ok;
}
