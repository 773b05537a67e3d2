// For the build, which writes what this exports to dist/flow.1.
export { manPage } from './cli/man-page.ts';
