import type { JsonValue } from '@agentflow/contracts';
import { encodeBase64 } from './base64.ts';

/** A shorter value is found in too much that has nothing to do with it. */
const SHORTEST = 6;

interface Form {
  readonly text: string;
  /** What stands in its place. */
  readonly shown: string;
}

function asciiJson(text: string, digits: (hex: string) => string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${digits(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`);
}

function jsonForms(value: string): string[] {
  const escaped = JSON.stringify(value).slice(1, -1);
  const texts = [escaped, asciiJson(escaped, (hex) => hex), asciiJson(escaped, (hex) => hex.toUpperCase())];
  return texts.flatMap((text) => [text, text.replaceAll('/', '\\/')]);
}

function urlForms(value: string): string[] {
  const component = encodeURIComponent(value);
  const strict = component.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams([['', value]]).toString().slice(1);
  const texts = [component, strict, form, encodeURI(value)];
  return texts.flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())]);
}

/**
 * What base64 makes of the value wherever it stands in a longer text: one form for each of the three ways that its bytes
 * can fall into groups of three, without the characters at either end that its neighbours take part in.
 */
function base64Forms(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  const forms = [encodeBase64(bytes).replace(/=+$/, '')];
  for (let before = 0; before < 3; before++) {
    const padded = new Uint8Array(before + bytes.length);
    padded.set(bytes, before);
    forms.push(encodeBase64(padded).slice(Math.ceil((before * 8) / 6), Math.floor((padded.length * 8) / 6)));
  }
  return forms.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

function htmlForm(value: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return value.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
}

function formsOf(value: string): string[] {
  if (value.length < SHORTEST) return [];
  const texts = [value, value.trim()].filter((text) => text.length >= SHORTEST);
  const forms = texts.flatMap((text) => [
    text,
    ...jsonForms(text),
    ...urlForms(text),
    ...base64Forms(text),
    htmlForm(text),
  ]);
  return forms.filter((form) => form.length >= SHORTEST);
}

/**
 * Takes the secrets that an execution has sent out of what comes back, in the spellings in which services echo them:
 * as they are, in JSON, URLs, base64 and HTML. In memory only. Finds echoes, not what a service computes from a secret.
 */
export class SecretRedaction {
  readonly #known = new Set<string>();
  /** Longest first: a form may be part of another one. */
  #forms: Form[] = [];

  remember(name: string, value: string): void {
    const shown = `{{env.${name}}}`;
    this.#add(`${name}=${value}`, formsOf(value), shown);
  }

  /** An encoded text with secrets in it, like the base64 of Basic authentication, whatever their length. */
  rememberEncoded(text: string, shown: string): void {
    if (text.length >= SHORTEST) this.#add(text, [text], shown);
  }

  #add(key: string, texts: readonly string[], shown: string): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const added = [...new Set(texts)].map((text) => ({ text, shown }));
    this.#forms = [...this.#forms, ...added].sort((left, right) => right.text.length - left.text.length);
  }

  text(text: string): string {
    let result = text;
    for (const form of this.#forms) {
      if (result.includes(form.text)) result = result.replaceAll(form.text, () => form.shown);
    }
    return result;
  }

  /** Headers by name; those whose name holds a secret are left out. */
  headers(headers: Iterable<[string, string]>): Record<string, string> {
    const named = [...headers].filter(
      ([name]) => !this.#forms.some((form) => name.toLowerCase().includes(form.text.toLowerCase())),
    );
    return Object.fromEntries(named.map(([name, value]) => [name, this.text(value)]));
  }

  /** A body. JSON is searched as the data that it stands for, since JSON can spell one text in many ways. */
  body(body: string, truncated: boolean): string {
    if (this.#forms.length === 0) return body;
    return this.text(truncated ? this.#withoutTail(body) : this.#json(body));
  }

  #json(text: string): string {
    // As a number, a long secret would lose its last digits and so not be found.
    if (this.#forms.some((form) => /^\d{16,}$/.test(form.text) && text.includes(form.text))) return text;
    let changed = false;
    const redacted = (value: string) => {
      const result = this.text(value);
      changed ||= result !== value;
      return result;
    };
    const deep = (value: JsonValue): JsonValue => {
      if (typeof value === 'string') return redacted(value);
      if (typeof value === 'number')
        return this.text(String(value)) === String(value) ? value : redacted(String(value));
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(deep);
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [redacted(key), deep(item)]));
    };
    try {
      const data = deep(JSON.parse(text) as JsonValue);
      return changed ? JSON.stringify(data) : text;
    } catch {
      // No JSON, or nested too deeply to walk: it stays a text.
      return text;
    }
  }

  /** The beginning of a secret that the cut left at the end. */
  #withoutTail(text: string): string {
    for (const { text: form, shown } of this.#forms) {
      for (let length = Math.min(form.length - 1, text.length); length >= SHORTEST; length--) {
        if (text.endsWith(form.slice(0, length))) return text.slice(0, -length) + shown;
      }
    }
    return text;
  }
}
