/** Why an expression has no value. `position` counts characters of the expression from 0. */
export interface ExpressionError {
  readonly code: ExpressionErrorCode;
  readonly message: string;
  readonly position?: number;
}

export type ExpressionErrorCode =
  | 'expression_syntax'
  | 'expression_forbidden'
  | 'expression_limit'
  | 'expression_failed'
  | 'expression_result';

/** Thrown inside an evaluation and caught where it began: authors' mistakes never leave this folder as exceptions. */
export class ExpressionFault extends Error {
  readonly code: ExpressionErrorCode;
  constructor(code: ExpressionErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function limitReached(what: string): ExpressionFault {
  return new ExpressionFault('expression_limit', `The expression ${what}.`);
}

const MESSAGE_CHARACTERS = 500;

function clipped(message: string): string {
  return message.length > MESSAGE_CHARACTERS ? `${message.slice(0, MESSAGE_CHARACTERS)}…` : message;
}

/** JSONata throws plain objects: a code such as T2001, a message, a position just past the token. */
interface JsonataThrown {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly position?: unknown;
}

/** Puts what was thrown while parsing (`phase` syntax) or evaluating into words for the author. */
export function describeFailure(thrown: unknown, phase: 'expression_syntax' | 'expression_failed'): ExpressionError {
  if (thrown instanceof ExpressionFault) return { code: thrown.code, message: thrown.message };
  if (thrown instanceof RangeError) {
    return {
      code: 'expression_limit',
      message: 'The expression nests too deeply or builds a value that is too large.',
    };
  }
  const { code, message, position } = (thrown ?? {}) as JsonataThrown;
  if (code === 'D2015' || code === 'D2014') {
    return { code: 'expression_limit', message: 'The expression builds a sequence that is too long.' };
  }
  const text = typeof message === 'string' && message !== '' ? message : 'The expression could not be evaluated.';
  return {
    code: phase,
    message: clipped(text),
    ...(typeof position === 'number' ? { position } : {}),
  };
}
