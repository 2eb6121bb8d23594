import { z } from 'zod';
import { displayName } from './common.ts';
import { agentDefinition } from './definition.ts';

export const templateId = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be the id of a template');
export const templateCategory = z.enum(['support', 'sales', 'operations', 'finance']);
export type TemplateCategory = z.infer<typeof templateCategory>;

export const templateNeed = z.object({
  kind: z
    .enum(['secret', 'address'])
    .describe('A secret that the agent names, or an address of an example that has to be replaced by your own'),
  name: z.string().describe('Name of the secret, or the host'),
  description: z.string(),
});
export type TemplateNeed = z.infer<typeof templateNeed>;

export const template = z.object({
  id: templateId,
  name: z.string(),
  description: z.string(),
  category: templateCategory,
  nodes: z.array(z.object({ type: z.string(), name: z.string() })).describe('In the order of the definition'),
  needs: z.array(templateNeed).describe('What to set before it works for real; tests of the draft run without'),
});
export type Template = z.infer<typeof template>;
export const templateDetail = template.extend({ definition: agentDefinition });
export type TemplateDetail = z.infer<typeof templateDetail>;

export const installTemplateRequest = z.strictObject({
  name: displayName.optional().describe('Name of the new agent; that of the template when left out'),
});
export type InstallTemplateRequest = z.infer<typeof installTemplateRequest>;
