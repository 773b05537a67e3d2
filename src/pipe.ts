import { readPipeConfig } from './process/pipe-config.ts';
import { runPipe } from './process/pipe.ts';

// `flow __pipe`: small and quick to start, because every step with secrets starts one.
process.umask(0o077);
await runPipe(readPipeConfig(process.env));
