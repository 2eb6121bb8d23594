import { LIMITS } from '@agentflow/contracts';
import { createMiddleware } from 'hono/factory';
import { ApiError, invalid } from './errors.ts';
import type { AppEnv } from './router.ts';

/** Routes whose bodies may be larger than the default, by their path or its end. */
const LARGE_BODIES: readonly { suffix: RegExp; bytes: number }[] = [
  { suffix: /^\/(v1\/(chat\/completions|responses)|mcp)$/, bytes: LIMITS.input_bytes + 16 * 1024 },
  { suffix: /\/agents\/[^/]+\/(execute|test)$/, bytes: LIMITS.input_bytes + 16 * 1024 },
  { suffix: /\/external-agents\/[^/]+\/invoke$/, bytes: LIMITS.input_bytes + 16 * 1024 },
  { suffix: /^\/deepagents-runtime\/invoke$/, bytes: LIMITS.definition_bytes + LIMITS.input_bytes },
  { suffix: /\/agents(\/[^/]+\/(draft|validate))?$/, bytes: LIMITS.definition_bytes },
  // Files are indented, and texts escaped: the largest definition takes more room in one, and is measured again once it is read.
  { suffix: /\/agents\/[^/]+\/draft\/files\/.+$/, bytes: 2 * LIMITS.definition_bytes },
  { suffix: /\/agents\/import$/, bytes: 2 * LIMITS.definition_bytes },
];

/** Bodies that are not JSON, by the path that takes them. */
const OTHER_TYPES: readonly { readonly path: RegExp; readonly type: RegExp }[] = [
  { path: /\/agents\/import$/, type: /^(application|text)\/(x-)?yaml$/ },
  // Slack sends presses of buttons as a form.
  { path: /\/chat-callbacks\//, type: /^application\/x-www-form-urlencoded$/ },
];

/**
 * Reads a request's body once, under a bound on bytes and nesting, before any schema sees it. JSON is checked for form
 * here, so that later `c.req.json()` cannot fail; `__proto__` as a key is refused, since no field is called that.
 */
export function boundedBody() {
  return createMiddleware<AppEnv>(async (c, next) => {
    const stream = c.req.raw.body;
    if (stream === null || c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    const limit = LARGE_BODIES.find((each) => each.suffix.test(c.req.path))?.bytes ?? LIMITS.body_bytes;
    const text = await readText(stream, limit, c.req.header('content-length'));
    c.set('bodyText', text);
    // Hono keeps promises here, whatever its type says: later `c.req.json()` reads this instead of the used-up stream.
    c.req.bodyCache.text = Promise.resolve(text) as unknown as string;
    if (text !== '') {
      const type = (c.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
      if (type === 'application/json' || type.endsWith('+json')) checkJson(text);
      else if (!OTHER_TYPES.some((each) => each.path.test(c.req.path) && each.type.test(type))) {
        throw new ApiError('unsupported_media_type', 'Send the body as application/json.');
      }
    }
    return next();
  });
}

async function readText(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  declared: string | undefined,
): Promise<string> {
  const tooLarge = () => new ApiError('payload_too_large', `The body is larger than ${limit} bytes.`);
  if (declared !== undefined && Number(declared) > limit) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  const reader = stream.getReader();
  let size = 0;
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      size += value.byteLength;
      if (size > limit) throw tooLarge();
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    if (error instanceof ApiError) {
      await reader.cancel();
      throw error;
    }
    throw new ApiError('malformed_request', 'The body is not UTF-8 text.');
  }
}

function checkJson(text: string): void {
  if (jsonDepth(text) > LIMITS.json_depth) {
    throw invalid([{ path: '', message: `is nested deeper than ${LIMITS.json_depth} levels` }]);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ApiError('malformed_json', error instanceof Error ? error.message : 'The body is not JSON.');
  }
  // Escapes can spell the key too, so a text without either cannot hold it.
  if (/__proto__|\\u/i.test(text) && hasProtoKey(value)) {
    throw invalid([{ path: '__proto__', message: 'is not allowed as a field name' }]);
  }
}

/** Deepest nesting of brackets outside strings. A scan without recursion: hostile nesting must not use up the stack. */
export function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value) && Object.hasOwn(value, '__proto__')) return true;
  return Object.values(value).some(hasProtoKey);
}
