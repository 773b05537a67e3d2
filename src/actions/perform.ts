import type { HttpRequest } from '../core/dag.ts';
import type { FlowAction } from '../core/flow-action.ts';
import { together } from '../base/together.ts';
import { NotJson } from '../base/value.ts';
import { failed, SUCCEEDED } from './action.ts';
import type { ActionEnd, ActionIo } from './action.ts';
import { logWrite } from './log-write.ts';
import { ActionFailure } from './result.ts';

/** What runs inside flow, resolved. */
export type ActionWork =
  | { readonly kind: 'http.request'; readonly request: HttpRequest }
  | { readonly kind: 'log.write'; readonly message: string }
  | { readonly kind: 'noop' }
  | FlowAction;

/** Performs an action (LANGUAGE.md §19); what most runs do not need is loaded when it is used. */
export async function perform(work: ActionWork, io: ActionIo): Promise<ActionEnd> {
  try {
    const end = await dispatch(work, io);
    await together();
    return end;
  } catch (error) {
    if (error instanceof ActionFailure || error instanceof NotJson) {
      return failed('R720', `${work.kind}: ${error.message}`);
    }
    throw error;
  }
}

async function dispatch(work: ActionWork, io: ActionIo): Promise<ActionEnd> {
  switch (work.kind) {
    case 'noop':
      return SUCCEEDED;
    case 'log.write':
      return logWrite(work.message, io);
    case 'http.request':
      return (await import('./http/request.ts')).httpRequest(work.request, io);
    case 'outputs.write':
      return (await import('./outputs-write.ts')).outputsWrite(work, io);
    case 'jq.filter':
      return (await import('./jq-filter.ts')).jqFilter(work, io);
    case 'data.convert':
      return (await import('./data/convert.ts')).dataConvert(work, io);
    case 'data.pick':
      return (await import('./data/pick.ts')).dataPick(work, io);
    case 'wait.duration':
    case 'wait.until':
    case 'wait.file':
    case 'wait.http':
      return (await import('./waits/wait.ts')).wait(work, io);
    default:
      return (await import('./files/file-action.ts')).fileAction(work, io);
  }
}
