import type { InstallTemplateRequest, Template, TemplateDetail } from '@agentflow/contracts';
import type { RequestContext } from '../../platform/context.ts';
import { notFound } from '../../platform/errors.ts';
import { createAgent } from '../agents/index.ts';
import { CATALOGUE } from './catalogue/index.ts';
import type { TemplateSource } from './catalogue/template.ts';

export function listTemplates(): Template[] {
  return CATALOGUE.map(presentTemplate);
}

/** Throws `not_found`. */
export function getTemplate(id: string): TemplateDetail {
  const source = templateOf(id);
  return { ...presentTemplate(source), definition: source.definition };
}

/** Creates an agent whose draft is the template's definition. Throws `not_found`. */
export function installTemplate(ctx: RequestContext, id: string, { name }: InstallTemplateRequest) {
  const source = templateOf(id);
  const { description, definition } = source;
  return createAgent(ctx, { name: name ?? source.name, description, definition }, { details: { template: id } });
}

function templateOf(id: string): TemplateSource {
  const source = CATALOGUE.find((each) => each.id === id);
  if (source === undefined) throw notFound('template', id);
  return source;
}

function presentTemplate({ id, name, description, category, needs, definition }: TemplateSource): Template {
  const nodes = definition.nodes.map((node) => ({ type: node.type, name: node.name ?? node.id }));
  return { id, name, description, category, nodes, needs: [...needs] };
}
