import {
  type AgentDefinition,
  type AgentEdge,
  type AgentNode,
  agentDefinition,
  type DefinitionProblem,
} from '@agentflow/contracts';
import { type ValidateOptions, validateDefinition } from '@agentflow/engine';

export type NodeDraft = Partial<AgentNode> & { id: string; type: string };

export const start: NodeDraft = { id: 'start', type: 'trigger.manual' };

/** `a>b` joins by the only exit, `a.true>b` by a named one. */
export function edges(...joins: string[]): AgentEdge[] {
  return joins.map((join, index) => {
    const [from = '', target = ''] = join.split('>');
    const [source = '', source_handle] = from.split('.');
    return { id: `e${index + 1}`, source, target, ...(source_handle === undefined ? {} : { source_handle }) };
  });
}

/** A definition as the API hands it on: parsed by the contract, which fills defaults and checks nothing more. */
export function define(nodes: NodeDraft[], joins: string[] = [], more: Partial<AgentDefinition> = {}): AgentDefinition {
  return agentDefinition.parse({ nodes, edges: edges(...joins), ...more });
}

export function validate(nodes: NodeDraft[], joins: string[] = [], options?: ValidateOptions): DefinitionProblem[] {
  return validateDefinition(define(nodes, joins), options);
}

/** `code path` of each problem, warnings with a `?`. */
export function brief(problems: readonly DefinitionProblem[]): string[] {
  return problems.map(({ severity, code, path }) => `${code}${severity === 'warning' ? '?' : ''} ${path}`);
}
