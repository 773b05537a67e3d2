declare const FLOW_VERSION: string | undefined;

/** The version of the package; the build puts it in. */
export const flowVersion: string = typeof FLOW_VERSION === 'string' ? FLOW_VERSION : '0.0.0';
