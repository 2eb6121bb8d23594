import type { AgentNode } from '@agentflow/contracts';
import { useNavigate } from '@tanstack/react-router';

const AGENT_ID = /^agt_[0-9a-z]{26}$/;

/** The agent that a node calls or hands over to; null where it names none yet. */
export function agentOf({ type, config }: AgentNode): string | null {
  const id = type === 'agent.call' ? config?.agent_id : type === 'agent.handoff' ? config?.to_agent_id : null;
  return typeof id === 'string' && AGENT_ID.test(id) ? id : null;
}

/** Leads to the agent of a sub-agent node; null for other nodes. */
export function useOpenAgent(node: AgentNode | undefined): (() => void) | null {
  const navigate = useNavigate();
  const agentId = node === undefined ? null : agentOf(node);
  if (agentId === null) return null;
  return () => void navigate({ to: '/dashboard/agents/$agentId', params: { agentId }, search: { tab: 'builder' } });
}
