import type { ActionEnd, ActionIo } from '../../src/actions/action.ts';
import { failed, SUCCEEDED } from '../../src/actions/action.ts';
import { perform, type ActionWork } from '../../src/actions/perform.ts';
import { random, type Random } from '../support/random.ts';
import type { FlowProcess } from './flow-process.ts';
import type { Machine } from './machine.ts';

/** A request as it leaves flow. */
export interface SentRequest {
  readonly run: string;
  /** Id of the step. */
  readonly step: string;
  readonly attempt: number;
  /** Of the try, from 1 in its attempt. */
  readonly n: number;
  readonly key: string;
}

export interface NetworkWatch {
  sent(request: SentRequest): void;
}

/** What becomes of one request. */
interface Exchange {
  readonly outMs: number;
  readonly backMs: number;
  /** Refused and lost requests never reach the server; an answer that is lost has had its effect. */
  readonly fate: 'answered' | 'answer lost' | 'refused' | 'lost';
  readonly status: 200 | 500 | 503;
}

const WELL: Exchange = { outMs: 1, backMs: 1, fate: 'answered', status: 200 };
/** What the real client takes for silence, shortened. */
const SILENCE_MS = 5_000;

/** Servers and the wires to them, in virtual time: what was sent arrives whether or not its flow process lives. */
export class Network {
  readonly #machine: Machine;
  readonly #watch: NetworkWatch;
  readonly #chance: Random;
  /** Requests that servers have answered with 2xx, whether or not the answer arrived. */
  readonly effects: SentRequest[] = [];

  constructor(machine: Machine, seed: number, watch: NetworkWatch) {
    this.#machine = machine;
    this.#watch = watch;
    this.#chance = random(seed + 0x6e6574);
  }

  /** Performs actions for one flow process: requests here, all others as they are. */
  actions(flow: FlowProcess): (work: ActionWork, io: ActionIo) => Promise<ActionEnd> {
    return (work, io) => (work.kind === 'http.request' ? this.#request(flow, io) : perform(work, io));
  }

  async #request(flow: FlowProcess, { env, idempotencyKey, signal }: ActionIo): Promise<ActionEnd> {
    const [run = '', step = ''] = [env['FLOW_RUN_ID'], env['FLOW_STEP_ID']];
    const [attempt, n] = [Number(env['FLOW_ATTEMPT']), Number(env['FLOW_TRY'])];
    const request = { run, step, attempt, n, key: idempotencyKey };
    const exchange = this.#machine.isCalm ? WELL : this.#exchange();
    await flow.call('call', () => {
      this.#watch.sent(request);
      const { fate, outMs, status } = exchange;
      const arrives = fate === 'answered' || fate === 'answer lost';
      if (arrives && status === 200) this.#machine.time.after(outMs, () => this.effects.push(request));
    });
    return new Promise((resolve) => {
      const gone = failed('R720', 'http.request: the request was stopped');
      const stop = (): void => resolve(gone);
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
      const { outMs, backMs, fate } = exchange;
      const isSilent = fate === 'lost' || fate === 'answer lost';
      flow.after(isSilent ? SILENCE_MS : outMs + backMs, () => resolve(endOf(exchange)));
    });
  }

  #exchange(): Exchange {
    const chance = this.#chance;
    return {
      outMs: chance.pick([0, 1, 20, 400]),
      backMs: chance.pick([0, 1, 20, 400, 2_000]),
      fate: chance.oneIn(4) ? chance.pick(['answer lost', 'refused', 'lost']) : 'answered',
      status: chance.oneIn(5) ? chance.pick([500, 503]) : 200,
    };
  }
}

function endOf({ fate, status }: Exchange): ActionEnd {
  if (fate === 'refused') return failed('R720', 'http.request: connection refused');
  if (fate !== 'answered') return failed('R720', 'http.request: no answer');
  if (status === 200) return SUCCEEDED;
  const more = status === 503 ? { retryAfterMs: 1_000 } : {};
  return failed('R721', `http.request: http status not 2xx: ${status}`, more);
}
