import type { AgentDefinition, AgentNode, DefinitionProblem, JsonValue } from '@agentflow/contracts';
import { createContext, useContext } from 'react';

/** What controls need to know beyond their own value. */
export interface NodeFormContext {
  readonly definition: AgentDefinition;
  readonly node: AgentNode;
  readonly problems: readonly DefinitionProblem[];
  readonly lastOutputs: Readonly<Record<string, JsonValue>>;
  /** Undefined while they are not known, or may not be. */
  readonly envNames: readonly string[] | undefined;
  readonly readOnly: boolean;
}

export const FormContext = createContext<NodeFormContext | null>(null);

export function useNodeForm(): NodeFormContext {
  const context = useContext(FormContext);
  if (context === null) throw new Error('A control of a node form stands outside of one.');
  return context;
}
