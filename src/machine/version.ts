declare const FLOW_VERSION: string | undefined;
declare const FLOW_BUILD: string | undefined;

/** The version of the package; the build puts it in. */
export const flowVersion: string = typeof FLOW_VERSION === 'string' ? FLOW_VERSION : '0.0.0';

/** A hash of all source that this was built from; null when it runs from the source itself. */
export const flowBuild: string | null = typeof FLOW_BUILD === 'string' ? FLOW_BUILD : null;
