export { diffDefinitions } from './diff-definitions.ts';
export { sameJson } from './fields.ts';
export { renamedNodes, withNames } from './renames.ts';
