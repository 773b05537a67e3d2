import { jsonToText } from '../../base/json.ts';
import type { HttpRequest } from '../../core/dag.ts';

/** A body ready to be sent. */
export interface EncodedBody {
  readonly bytes: Uint8Array;
  /** Sent unless the author set one; null: nothing is known about text. */
  readonly contentType: string | null;
}

/** The body of a request: a form, a map or list as JSON, text as it is, or null for none (LANGUAGE.md §19.2). */
export function encodeBody(request: Pick<HttpRequest, 'body' | 'form'>): EncodedBody | null {
  if (request.form !== null) {
    const text = new URLSearchParams([...request.form]).toString();
    return { bytes: Buffer.from(text), contentType: 'application/x-www-form-urlencoded' };
  }
  if (request.body === null) return null;
  const bytes = Buffer.from(jsonToText(request.body));
  return { bytes, contentType: typeof request.body === 'object' ? 'application/json' : null };
}
