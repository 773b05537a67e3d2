/** The three forms of a date in HTTP (RFC 9110 §5.6.7). */
const FIXED = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC850 = /^[A-Z][a-z]+day, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * `Retry-After` as milliseconds from `wallMs` on, 0 when the time has passed; null when it is neither seconds
 * nor a date (I9).
 */
export function parseRetryAfter(text: string, wallMs: number): number | null {
  const value = text.trim();
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1_000, Number.MAX_SAFE_INTEGER);
  const at = parseHttpDate(value);
  return at === null ? null : Math.max(0, at - wallMs);
}

function parseHttpDate(value: string): number | null {
  if (!FIXED.test(value) && !RFC850.test(value) && !ASCTIME.test(value)) return null;
  const at = Date.parse(ASCTIME.test(value) ? `${value} GMT` : value);
  return Number.isNaN(at) ? null : at;
}
