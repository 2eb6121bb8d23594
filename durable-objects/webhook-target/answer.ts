/** What is kept of a receiver's answer: capped, and without what we sent it in confidence. */

export const MAX_BODY_BYTES = 16 * 1024;
const MAX_HEADERS = 40;
const MAX_HEADER_CHARACTERS = 400;
/** So that a secret which begins before the cut is recognized. */
const BEYOND_BYTES = 2048;
/** Once the headers are there, the status is known: the rest is for the log. */
export const BODY_MS = 2000;
const LEFT_OUT = /^(set-cookie|date|connection|keep-alive|transfer-encoding|cf-.*)$/i;
const SHORTEST_SECRET = 6;

export interface KeptAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly truncated: boolean;
}

/**
 * Reads an answer until it ends, breaks off, is long enough or `signal` aborts; never rejects. `secrets`: texts that are
 * masked wherever they come back.
 */
export async function keepAnswer(
  response: Response,
  signal: AbortSignal,
  secrets: readonly string[],
): Promise<KeptAnswer> {
  const hidden = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  const mask = (text: string) => hidden.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) {
    if (Object.keys(headers).length === MAX_HEADERS) break;
    if (!LEFT_OUT.test(name))
      headers[name.slice(0, MAX_HEADER_CHARACTERS)] = mask(value).slice(0, MAX_HEADER_CHARACTERS);
  }
  const { bytes, truncated } = await readSome(response, signal);
  const masked = mask(new TextDecoder().decode(bytes));
  const body = cut(masked, MAX_BODY_BYTES);
  return { headers, body, truncated: truncated || body.length < masked.length };
}

async function readSome(response: Response, signal: AbortSignal): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  if (response.body === null) return { bytes: new Uint8Array(), truncated: false };
  const reader = response.body.getReader();
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted');
    else signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  let whole = false;
  try {
    while (size < MAX_BODY_BYTES + BEYOND_BYTES) {
      const next = await Promise.race([reader.read(), aborted]);
      if (next === 'aborted') break;
      if (next.done) {
        whole = true;
        break;
      }
      chunks.push(next.value);
      size += next.value.byteLength;
    }
  } catch {
    // It broke off: what there is of it is kept.
  }
  if (!whole) reader.cancel().catch(() => undefined);
  return { bytes: joined(chunks, Math.min(size, MAX_BODY_BYTES + BEYOND_BYTES)), truncated: !whole };
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1 && chunks[0]?.byteLength === size) return chunks[0];
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk.subarray(0, size - at), at);
    at += Math.min(chunk.byteLength, size - at);
  }
  return all;
}

/** The text's beginning that has at most so many bytes, with whole characters. */
function cut(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
