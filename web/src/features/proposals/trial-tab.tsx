import type { Proposal } from '@agentflow/contracts';
import { Card } from '@/components/ui/card.tsx';
import { ShadowPanel } from '@/features/publish/shadow-panel.tsx';

/** Tries the whole proposal on recent executions: nothing is sent, and the draft stays as it is. */
export default function TrialTab({ proposal, broken }: { proposal: Proposal; broken: boolean }) {
  return (
    <Card className="p-4">
      <ShadowPanel agentId={proposal.agent_id} proposalId={proposal.id} etag={null} broken={broken} />
    </Card>
  );
}
