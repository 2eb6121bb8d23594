import { decodeBasic, type StepError } from '@agentflow/engine';
import { encodeBase64 } from './base64.ts';
import type { Markers } from './markers.ts';

/** The parts of a request that may carry markers. */
export interface Sendable {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** A secret as it is about to be sent. */
export interface SendableSecret {
  readonly value: string;
  readonly allowed_hosts: readonly string[];
}

export type Placement =
  | {
      readonly ok: true;
      readonly request: Sendable;
      /** Base64 of Basic authentication that now holds secrets, with what may be shown in its place. */
      readonly encoded: readonly { readonly text: string; readonly shown: string }[];
    }
  | { readonly ok: false; readonly error: StepError };

/** Names of the secrets whose markers stand in a request, also inside the base64 of Basic authentication. */
export function secretsIn(request: Sendable, markers: Markers): string[] {
  const headers = Object.values(request.headers);
  const texts = [request.url, request.body ?? '', ...headers, ...headers.map((value) => decodeBasic(value) ?? '')];
  return Object.keys(markers).filter((name) => {
    const marker = markers[name] ?? '';
    return texts.some((text) => text.includes(marker));
  });
}

function refused(code: string, message: string): Placement {
  return { ok: false, error: { code, message, retryable: false } };
}

/**
 * Puts secrets in the places of their markers, encoded for where they stand so that no value can break out of its
 * place, and checks the host that results. Nothing in an error tells a value.
 */
export function placeSecrets(
  request: Sendable,
  markers: Markers,
  secrets: ReadonlyMap<string, SendableSecret>,
): Placement {
  const values = [...secrets].map(([name, { value }]) => ({ name, marker: markers[name] ?? '', value }));
  const put: Put = (text, encode) =>
    values.reduce(
      (result, { marker, value }) =>
        result.includes(marker) ? result.replaceAll(marker, () => encode(value)) : result,
      text,
    );
  const url = put(request.url, encodeURIComponent);
  const destination = URL.canParse(url) ? new URL(url) : null;
  if (destination === null) return refused('http_url_invalid', 'The URL is not valid with the secrets in it.');
  for (const [name, { allowed_hosts }] of secrets) {
    if (!hostAllowed(destination, allowed_hosts)) {
      const message = `The secret ${name} may only be sent to ${allowed_hosts.join(', ')}.`;
      return refused('secret_host_refused', message);
    }
  }

  const headers: Record<string, string> = {};
  const encoded: { text: string; shown: string }[] = [];
  for (const [header, value] of Object.entries(request.headers)) {
    const basic = decodeBasic(value);
    const credentials = basic === null ? null : put(basic, identity);
    if (credentials !== null && credentials !== basic) {
      const text = encodeBase64(new TextEncoder().encode(credentials));
      headers[header] = `Basic ${text}`;
      const shown = values.reduce((all, { name, marker }) => all.replaceAll(marker, `{{env.${name}}}`), basic ?? '');
      encoded.push({ text, shown });
      continue;
    }
    const placed = put(value, identity);
    if (/[\r\n\0]/.test(placed)) {
      const message = `A secret in the header ${header} has a line break in it, which a header can’t carry.`;
      return refused('http_header_invalid', message);
    }
    headers[header] = placed;
  }
  const body = request.body === null ? null : placeInBody(request.body, contentType(headers), put);
  return { ok: true, request: { url, headers, body }, encoded };
}

/** Replaces every marker in a text by its secret, encoded. */
type Put = (text: string, encode: (value: string) => string) => string;

const identity = (value: string) => value;

function contentType(headers: Readonly<Record<string, string>>): string {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type');
  return found?.[1].toLowerCase() ?? '';
}

function placeInBody(body: string, type: string, put: Put): string {
  if (type.startsWith('application/x-www-form-urlencoded')) return put(body, encodeURIComponent);
  return type.includes('json') || isJson(body) ? placeInJson(body, put) : put(body, identity);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Inside quotes the value is escaped, outside of them it becomes a quoted text: in both cases it stays one value. */
function placeInJson(text: string, put: Put): string {
  let result = '';
  let start = 0;
  let quoted = false;
  const piece = (end: number) => put(text.slice(start, end), quoted ? escapeJson : JSON.stringify);
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted && character === '\\') index++;
    else if (character === '"') {
      result += piece(index);
      start = index;
      quoted = !quoted;
    }
  }
  return result + piece(text.length);
}

function escapeJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** `api.example.com` on any port, `api.example.com:8443` on this one, `*.example.com` for subdomains at any depth. */
export function hostAllowed(url: URL, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const host = url.hostname.replace(/\.$/, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return allowed.some((entry) => {
    const [name = '', wanted] = entry.split(':');
    if (wanted !== undefined && Number(wanted) !== port) return false;
    return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
  });
}
