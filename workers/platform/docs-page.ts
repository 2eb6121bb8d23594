import { ERROR_CODES, PERMISSIONS } from '@agentflow/contracts';
import { html, raw } from 'hono/html';
import { type DocumentedOperation, type JsonObject, operationsOf } from './openapi.ts';

/** Deeper levels of a schema are left to the document itself. */
const MAX_DEPTH = 5;

type Markup = ReturnType<typeof html>;

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 14%, transparent); --soft: color-mix(in srgb, currentColor 5%, transparent); --dim: color-mix(in srgb, currentColor 62%, transparent); --accent: light-dark(#4f46e5, #a5b4fc); }
* { box-sizing: border-box; }
body { margin: 0; font: 14px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 270px minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 20px 16px; border-right: 1px solid var(--line); }
nav h2 { font-size: 12px; color: var(--dim); margin: 20px 0 4px; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: 3px 8px; border-radius: 6px; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
nav a:hover { background: var(--soft); }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
main { padding: 32px clamp(16px, 4vw, 56px) 96px; max-width: 920px; }
h1 { font-size: 24px; margin: 0 0 12px; }
h2 { font-size: 18px; margin: 48px 0 8px; }
article { border-top: 1px solid var(--line); padding: 24px 0 8px; scroll-margin-top: 8px; }
h3 { font-size: 15px; margin: 0 0 4px; }
h4 { font-size: 12px; color: var(--dim); margin: 16px 0 4px; }
code, .path { font: 13px/1.5 ui-monospace, monospace; }
.method { display: inline-block; min-width: 52px; font-weight: 600; color: var(--accent); }
.dim { color: var(--dim); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 8px; padding: 6px 12px; margin: 6px 0; }
summary { cursor: pointer; }
dl { margin: 4px 0; } dt { float: left; clear: left; margin-right: 8px; } dd { margin: 0 0 4px; } dd > dl { margin-left: 16px; border-left: 1px solid var(--line); padding-left: 12px; clear: left; }
.wide { overflow-x: auto; }
@media (max-width: 760px) { body { display: block; } nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); } }
`;

/** A word for a schema: `string`, `integer or null`, `array of Agent`. */
function typeName(schema: JsonObject): string {
  if (typeof schema.$ref === 'string') return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (Array.isArray(choices)) {
    const names = choices.map((choice) => typeName(choice as JsonObject));
    return [...new Set(names)].join(schema.allOf === undefined ? ' or ' : ' and ');
  }
  if (schema.type === 'array') return `array of ${typeName((schema.items ?? {}) as JsonObject)}`;
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  return typeof schema.type === 'string' ? schema.type : 'any JSON value';
}

function schemaTree(schema: JsonObject, document: JsonObject, depth: number, seen: readonly string[]): Markup {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    if (seen.includes(name)) return html``;
    const { schemas } = document.components as { schemas: Record<string, JsonObject> };
    return schemaTree(schemas[name] ?? {}, document, depth, [...seen, name]);
  }
  const properties = schema.properties as Record<string, JsonObject> | undefined;
  if (properties !== undefined && depth < MAX_DEPTH) {
    const required = Array.isArray(schema.required) ? schema.required : [];
    return html`<dl>${Object.entries(properties).map(
      ([name, property]) =>
        html`<dt><code>${name}</code></dt><dd><span class="dim">${typeName(property)}${
          required.includes(name) ? '' : ', optional'
        }</span>${typeof property.description === 'string' ? html` · ${prose(property.description)}` : ''}${schemaTree(property, document, depth + 1, seen)}</dd>`,
    )}</dl>`;
  }
  if (schema.type === 'array') return schemaTree((schema.items ?? {}) as JsonObject, document, depth, seen);
  return html``;
}

function contentOf(described: JsonObject): { type: string; schema: JsonObject }[] {
  const content = (described.content ?? {}) as Record<string, { schema?: JsonObject }>;
  return Object.entries(content).map(([type, { schema }]) => ({ type, schema: schema ?? {} }));
}

/** Text with `code` in backticks, as the document's descriptions are written. */
function prose(text: unknown): Markup {
  const parts = String(text ?? '').split('`');
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

function accessSentence(operation: DocumentedOperation): Markup {
  const access = operation['x-access'];
  if (access === undefined || access === 'public') return html`Open to everybody.`;
  if (access === 'signed_in') return html`Any valid credential.`;
  if (access === 'external') return html`Needs the key of an external agent.`;
  const meaning = PERMISSIONS[access as keyof typeof PERMISSIONS];
  return html`Needs <code>${access}</code>${meaning === undefined ? '' : html` (${meaning})`}.`;
}

function operationSection(document: JsonObject, path: string, method: string, operation: DocumentedOperation): Markup {
  const parameters = operation.parameters ?? [];
  return html`<article id="${operation.operationId ?? `${method}-${path}`}">
    <h3>${operation.summary ?? path}</h3>
    <div class="path"><span class="method">${method.toUpperCase()}</span> ${path}</div>
    <p>${prose(operation.description)} <span class="dim">${accessSentence(operation)}</span></p>
    ${
      parameters.length === 0
        ? ''
        : html`<h4>Parameters</h4><div class="wide"><table>${parameters.map(
            (parameter) => html`<tr><td><code>${parameter.name}</code></td><td class="dim">${parameter.in}</td>
            <td class="dim">${typeName((parameter.schema ?? {}) as JsonObject)}${parameter.required === true ? '' : ', optional'}</td>
            <td>${prose(parameter.description ?? (parameter.schema as JsonObject | undefined)?.description)}</td></tr>`,
          )}</table></div>`
    }
    ${
      operation.requestBody === undefined
        ? ''
        : html`<h4>Request body</h4>${contentOf(operation.requestBody).map(
            ({ type, schema }) =>
              html`<details><summary><code>${type}</code> <span class="dim">${typeName(schema)}</span></summary>${schemaTree(schema, document, 0, [])}</details>`,
          )}`
    }
    <h4>Answers</h4>
    ${Object.entries(operation.responses).map(([status, response]) => {
      const bodies = contentOf(response);
      const codes = (response['x-error-codes'] ?? []) as readonly string[];
      const line = html`<code>${status}</code> ${prose(response.description)}${codes.map(
        (code) => html` <a href="/docs/errors#${code}"><code>${code}</code></a>`,
      )}`;
      return bodies.length === 0
        ? html`<details><summary>${line}</summary><span class="dim">No body.</span></details>`
        : html`<details><summary>${line}</summary>${bodies.map(
            ({ type, schema }) =>
              html`<div><code>${type}</code> <span class="dim">${typeName(schema)}</span></div>${schemaTree(schema, document, 0, [])}`,
          )}</details>`;
    })}
  </article>`;
}

function pageOf(title: string, navigation: Markup, content: Markup): Markup {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
  <meta name="viewport" content="width=device-width, initial-scale=1"><style>${raw(STYLE)}</style></head>
  <body><nav aria-label="Contents">${navigation}</nav><main>${content}</main></body></html>`;
}

/** The reference page: everything that the document says, rendered here, without a script. */
export function referencePage(document: JsonObject): Markup {
  const { title, version, description } = document.info as { title: string; version: string; description: string };
  const operations = operationsOf(document);
  const groups = (document.tags as { name: string; description?: string }[]).map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => (operation.tags ?? [])[0] === tag.name),
  }));
  const navigation = html`<strong>${title}</strong> <span class="dim">${version}</span>
    <ul><li><a href="/api/v1/openapi.json">OpenAPI document</a></li><li><a href="/docs/errors">Error codes</a></li></ul>
    ${groups.map(
      (group) =>
        html`<h2>${group.name}</h2><ul>${group.operations.map(
          ({ path, method, operation }) =>
            html`<li><a href="#${operation.operationId ?? `${method}-${path}`}">${operation.summary ?? path}</a></li>`,
        )}</ul>`,
    )}`;
  const content = html`<h1>${title}</h1>${description.split('\n\n').map((paragraph) => html`<p>${prose(paragraph)}</p>`)}
    ${groups.map(
      (group) =>
        html`<section><h2>${group.name}</h2><p class="dim">${group.description ?? ''}</p>${group.operations.map(
          ({ path, method, operation }) => operationSection(document, path, method, operation),
        )}</section>`,
    )}`;
  return pageOf(`${title} reference`, navigation, content);
}

/** Where the `type` of every problem document points. */
export function errorsPage(): Markup {
  const codes = Object.entries(ERROR_CODES);
  const navigation = html`<ul><li><a href="/docs">API reference</a></li></ul>
    <h2>Error codes</h2><ul>${codes.map(([code]) => html`<li><a href="#${code}">${code}</a></li>`)}</ul>`;
  const content = html`<h1>Error codes</h1><p>Every error is an RFC 9457 problem document. Programs branch on
    <code>code</code>; <code>detail</code> says what happened in the case at hand, <code>errors</code> names each field.</p>
    ${codes.map(([code, { status, title }]) => html`<article id="${code}"><h3><code>${code}</code></h3><p>${status} · ${title}.</p></article>`)}`;
  return pageOf('AgentFlow error codes', navigation, content);
}
