export { type Compilation, type CompiledExpression, compileExpression } from './compile.ts';
export { type Evaluation, evaluateDirectly, evaluateExpression } from './evaluate.ts';
export type { ExpressionError, ExpressionErrorCode } from './failure.ts';
export { EXPRESSION_LIMITS } from './limits.ts';
export { markerRedaction, redactMarkers } from './redact-markers.ts';
export { type Reference, referencesOf } from './references.ts';
export { type CompiledPattern, compilePattern, testPattern } from './regex.ts';
export { asText, evaluateSource, type Resolution, type ResolveError, resolveConfig } from './resolve-config.ts';
export { hasTemplate, parseTemplate, type Template, type TemplatePart } from './templates.ts';
