import type { JsonValue } from '@agentflow/contracts';
import { setOwn } from './plain-value.ts';

/**
 * Puts `{{env.NAME}}` back where a secret's marker stands, in texts and keys at any depth, for everything that is kept
 * or shown. `env` is a scope's: name → marker.
 */
export function redactMarkers<T extends JsonValue>(value: T, env: Readonly<Record<string, string>>): T {
  const redact = markerRedaction(env);
  // Texts become texts and every other type stays, so the shape is the one that came in.
  return redact === null ? value : (redactDeep(value, redact) as T);
}

type Redaction = (text: string) => string;

/** Redaction of one text, for messages and logs; null where there is no marker to look for. */
export function markerRedaction(env: Readonly<Record<string, string>>): Redaction | null {
  // A marker may begin with another one, so longer ones go first.
  const markers = Object.entries(env)
    .filter(([, marker]) => marker !== '')
    .sort(([, left], [, right]) => right.length - left.length);
  if (markers.length === 0) return null;
  const plain: Redaction = (text) => {
    let result = text;
    for (const [name, marker] of markers) {
      if (result.includes(marker)) result = result.replaceAll(marker, () => `{{env.${name}}}`);
    }
    return result;
  };
  return (text) => {
    const basic = decodeBasic(text);
    const shown = basic === null ? null : plain(basic);
    return shown === null || shown === basic ? plain(text) : `Basic ${shown}`;
  };
}

const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

/** What the header value of Basic authentication holds, `user:password` (RFC 7617); null for any other text. */
export function decodeBasic(text: string): string | null {
  const encoded = BASIC.exec(text)?.[1];
  if (encoded === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function redactDeep(value: JsonValue, redact: Redaction): JsonValue {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redact));
  const result: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value)) setOwn(result, redact(key), redactDeep(item, redact));
  return result;
}
