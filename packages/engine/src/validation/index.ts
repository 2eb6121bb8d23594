export { checkSchema, type SchemaProblem, validateInput } from './json-schema.ts';
export { nearestName } from './suggestion.ts';
export { type ValidateOptions, validateDefinition } from './validate-definition.ts';
