export { type CallGraph, calledAgents, type KnownAgent } from './check-calls.ts';
export { checkSchema, type SchemaProblem, validateInput } from './json-schema.ts';
export { nearestName } from './suggestion.ts';
export { type ValidateOptions, validateDefinition } from './validate-definition.ts';
