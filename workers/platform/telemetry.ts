import { hexOf } from './digest.ts';

/** W3C Trace Context (https://www.w3.org/TR/trace-context/): one trace id per caller's request, one span id per hop. */
export interface TraceContext {
  readonly trace_id: string;
  readonly span_id: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

function randomHex(bytes: number): string {
  return hexOf(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** The caller's trace with a span id of our own, or a new trace when the header is missing or malformed. */
export function traceFrom(traceparent: string | undefined): TraceContext {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  const traceId = match?.[1];
  if (traceId === undefined || /^0+$/.test(traceId)) {
    return { trace_id: randomHex(16), span_id: randomHex(8), sampled: true };
  }
  return { trace_id: traceId, span_id: randomHex(8), sampled: match?.[3] !== '00' };
}

/** The trace id of a `traceparent` that this platform wrote. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

export function traceparentOf(trace: TraceContext): string {
  return `00-${trace.trace_id}-${trace.span_id}-${trace.sampled ? '01' : '00'}`;
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Logger {
  log(level: LogLevel, event: string, fields?: LogFields): void;
  with(fields: LogFields): Logger;
}

const SECRET_FIELD = /authorization|cookie|password|secret|token(?!s)|api_?key$/i;
/** Keys, tokens and password hashes by how they begin. */
const SECRET_VALUE = /\b(af_live_|ea_|sk-|whsec_|whsk_|eyJ|scrypt\$|Bearer |Basic )[A-Za-z0-9$._~+/=-]{8,}/g;
/** Refresh tokens: the session's id may be known, what follows may not. */
const REFRESH_TOKEN = /\b(ses_[0-9a-z]{26}\.)[A-Za-z0-9._-]+/g;
/** SHA-256 in hex, as which keys and tokens are stored; trace ids are half as long. */
const STORED_HASH = /\b[0-9a-f]{64}\b/gi;
/** Ids have 30 characters: what is much longer in a path is a token of somebody's link. */
const PATH_TOKEN = /[^/]{40,}/g;

function safe(name: string, value: LogFields[string]): LogFields[string] {
  if (typeof value !== 'string') return value;
  if (SECRET_FIELD.test(name)) return '[redacted]';
  const text = value
    .replace(SECRET_VALUE, '$1[redacted]')
    .replace(REFRESH_TOKEN, '$1[redacted]')
    .replace(STORED_HASH, '[redacted]');
  return name === 'path' ? text.replace(PATH_TOKEN, '[redacted]') : text;
}

export interface LoggerOptions {
  /** Lines below it are not written: LOG_LEVEL, `info` when it is not set. */
  readonly level?: string | undefined;
  readonly write?: (line: string, level: LogLevel) => void;
}

/** One JSON object a line. Fields that look like credentials are redacted whatever their caller meant. */
export function createLogger(base: LogFields, options: LoggerOptions = {}): Logger {
  const { level: threshold = 'info', write = writeToConsole } = options;
  const lowest = LOG_LEVELS.indexOf(threshold as LogLevel);
  return {
    log(level, event, fields = {}) {
      if (LOG_LEVELS.indexOf(level) < lowest) return;
      const line: Record<string, unknown> = { at: new Date().toISOString(), level, event };
      for (const [name, value] of Object.entries({ ...base, ...fields })) {
        if (value !== undefined) line[name] = safe(name, value);
      }
      write(JSON.stringify(line), level);
    },
    with(fields) {
      return createLogger({ ...base, ...fields }, options);
    },
  };
}

function writeToConsole(line: string, level: LogLevel): void {
  if (level === 'error') console.error(line);
  else if (level === 'warn') console.warn(line);
  else console.log(line);
}

/** Stack, message and causes of an unknown error for the log; never for an answer. */
export function describeError(error: unknown): { error: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const causes: string[] = [];
  for (let each: unknown = error; each instanceof Error && causes.length < 5; each = each.cause) {
    causes.push(`${each.name}: ${withoutParameters(each.message)}`);
  }
  // As a pattern nothing in the replacement may count, so it is given by a function.
  const stack = error.stack?.replace(error.message, () => withoutParameters(error.message));
  return { error: causes.join('; caused by '), ...(stack === undefined ? {} : { stack }) };
}

/**
 * Drizzle's message of a failed query is its SQL and then every value that was bound: addresses, names, hashes. By its text,
 * since an error that came from an object over RPC has lost its class.
 */
function withoutParameters(message: string): string {
  const at = message.indexOf('\nparams: ');
  return at !== -1 && message.startsWith('Failed query: ') ? message.slice(0, at) : message;
}
