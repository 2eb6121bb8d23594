export { type CallGraph, calledAgents, type KnownAgent } from './check-calls.ts';
export { checkSchema, type SchemaProblem, validateInput } from './json-schema.ts';
export { type NodeView, viewOf } from './node-view.ts';
export { nearestName } from './suggestion.ts';
export { createTextCheck, type TextCheck, type TextProblem } from './text-check.ts';
export { type ValidateOptions, validateDefinition } from './validate-definition.ts';
