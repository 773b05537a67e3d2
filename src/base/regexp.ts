import { RE2JS, RE2JSException } from 're2js';

/** A compiled pattern. */
export interface Regexp {
  /** True if it matches anywhere in the text; the time is linear in the text. */
  test(text: string): boolean;
}

/** Compiles RE2 syntax (LANGUAGE.md §1.3), unanchored; `error` says why the pattern is not valid. */
export function compileRegexp(pattern: string): Regexp | { error: string } {
  try {
    const compiled = RE2JS.compile(pattern);
    return { test: (text) => compiled.test(text) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { error: error.message.replace(/^error parsing regexp: /, '') };
  }
}
