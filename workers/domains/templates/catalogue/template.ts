import type { AgentDefinition, TemplateCategory, TemplateNeed } from '@agentflow/contracts';

/** A template as it is written down. Nodes have no positions: the builder lays them out. */
export interface TemplateSource {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly category: TemplateCategory;
  readonly needs: readonly TemplateNeed[];
  readonly definition: AgentDefinition;
}
