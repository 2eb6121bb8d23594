import { EVENT_CATALOGUE, type JsonValue, type MessageTemplates } from '@agentflow/contracts';
import { asText, hasTemplate, resolveConfig } from '@agentflow/engine';
import type { ChatMessage, MessageEvent, MessageSource, Problem } from '../port.ts';
import { actionsOf } from './actions.ts';
import { describe } from './describe.ts';

export interface MessageOptions {
  readonly organizationId: string;
  readonly templates: MessageTemplates;
  /** Origin of the UI; without one a message has no link. */
  readonly publicUrl: string | null;
  /** Whether approvals can be decided from it. */
  readonly buttons: boolean;
}

/**
 * What a chat is told of an event. A template takes the place of the text; one that has no value is left out, and
 * `problems` says why. Never rejects.
 */
export async function messageOf(
  event: MessageEvent,
  options: MessageOptions,
): Promise<{ message: ChatMessage; problems: Problem[] }> {
  const { kind, tone, title, text, facts, place } = describe(event);
  const source = sourceOf(event, options.organizationId);
  const template = options.templates[kind];
  const templated = template === undefined ? null : await textOf(template, source);
  const message: ChatMessage = {
    kind,
    tone,
    title,
    text: templated?.ok === true ? templated.text : text,
    facts: facts.flatMap(([name, value]) => (value === null || value === '' ? [] : [{ name, value }])),
    link:
      place === null || options.publicUrl === null
        ? null
        : { label: place[1], url: `${options.publicUrl.replace(/\/+$/, '')}/dashboard${place[0]}` },
    actions: options.buttons ? actionsOf(event) : [],
    event: source,
  };
  const problems = templated?.ok === false ? [{ path: `templates.${kind}`, message: templated.problem }] : [];
  return { message, problems };
}

function sourceOf(event: MessageEvent, organizationId: string): MessageSource {
  return {
    id: event.id,
    type: event.type,
    version: event.type === 'webhook.test' ? 1 : EVENT_CATALOGUE[event.type].version,
    timestamp: new Date(event.at).toISOString(),
    organization_id: organizationId,
    data: event.data,
  };
}

type Templated = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

async function textOf(template: string, event: MessageSource): Promise<Templated> {
  if (!hasTemplate(template)) return { ok: true, text: template };
  const scope = { trigger: null, context: {}, env: {}, nodes: new Map(), event: { ...event } as JsonValue };
  const resolved = await resolveConfig<JsonValue>(template, scope);
  if (!resolved.ok) return { ok: false, problem: resolved.error.message };
  return { ok: true, text: asText(resolved.value) };
}
