export { diffDefinitions } from './diff-definitions.ts';
