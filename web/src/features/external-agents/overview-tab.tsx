import type { ExternalAgent } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { BudgetMeter } from '@/features/budgets/budget-meter.tsx';
import { PERIOD_NAMES } from '@/features/budgets/budget-words.ts';
import { CHAT_PLATFORM_LOOKS } from '@/features/channels/platforms.ts';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { useCan } from '@/features/shell/queries.ts';
import { formatCount, shortId } from '@/lib/format.ts';
import { callableAgentsQuery } from './callable-agents.ts';
import { KeysCard } from './keys-card.tsx';
import { limitsInWords } from './limits-in-words.ts';
import { OPERATIONS } from './platforms.ts';
import { SnippetView } from './snippet-view.tsx';
import { KEY_PLACEHOLDER } from './snippets.ts';

export function OverviewTab({ agent }: { agent: ExternalAgent }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-5">
        <KeysCard agent={agent} />
        <Card>
          <CardHeader
            title="Connect it"
            description={`The key is shown once: put yours where ${KEY_PLACEHOLDER} stands.`}
          />
          <div className="px-4 pt-1 pb-4">
            <SnippetView agent={agent} apiKey={KEY_PLACEHOLDER} />
          </div>
        </Card>
      </div>
      <FactsCard agent={agent} />
    </div>
  );
}

function FactsCard({ agent }: { agent: ExternalAgent }) {
  const nameOf = useActorName();
  const mayReadBudgets = useCan('governance:read');
  return (
    <Card>
      <CardHeader title="What it may do" />
      <dl className="divide-y divide-line text-sm">
        <Fact label="Agents">{agent.agents === null ? 'Every agent' : <AgentNames ids={agent.agents} />}</Fact>
        <Fact label="Operations">{agent.operations.map((each) => OPERATIONS[each].label).join(', ')}</Fact>
        <Fact label="Calls">{limitsInWords(agent.rate_limits)}</Fact>
        <Fact label="At once">
          {agent.max_concurrency === null
            ? 'No limit'
            : `${formatCount(agent.max_concurrency)} ${agent.max_concurrency === 1 ? 'execution' : 'executions'}`}
        </Fact>
        {mayReadBudgets && (
          <Fact label="Budget">
            {agent.budget === null ? (
              'No limit'
            ) : (
              <>
                <span className="block text-faint text-xs">{PERIOD_NAMES[agent.budget.period]}</span>
                <BudgetMeter state={agent.budget} />
              </>
            )}
          </Fact>
        )}
        <Fact label="Webhook">
          {agent.webhook_config === null ? 'None' : CHAT_PLATFORM_LOOKS[agent.webhook_config.platform].name}
        </Fact>
        <Fact label="Recording">
          {agent.recording.payloads
            ? agent.recording.redact.length === 0
              ? 'Requests and answers'
              : `Requests and answers, without ${agent.recording.redact.join(', ')}`
            : 'No requests and answers'}
        </Fact>
        <Fact label="Registered">
          <RelativeTime iso={agent.created_at} /> by {nameOf(agent.created_by)}
        </Fact>
      </dl>
      <p className="border-line border-t px-4 py-2.5 text-sm">
        <Link
          to="/dashboard/external-agents/$externalAgentId"
          params={{ externalAgentId: agent.id }}
          search={{ tab: 'settings' }}
          className="rounded-sm text-accent-text hover:underline"
        >
          Change it in the settings
        </Link>
      </p>
    </Card>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex gap-4 px-4 py-2.5">
      <dt className="w-24 shrink-0 text-faint">{label}</dt>
      <dd className="min-w-0 flex-1 break-words">{children}</dd>
    </div>
  );
}

function AgentNames({ ids }: { ids: readonly string[] }) {
  const agents = useQuery(callableAgentsQuery).data;
  return (
    <ul className="flex flex-col gap-0.5">
      {ids.map((id) => (
        <li key={id} className="truncate">
          <Link
            to="/dashboard/agents/$agentId"
            params={{ agentId: id }}
            className="rounded-sm text-accent-text hover:underline"
          >
            {agents?.find((each) => each.id === id)?.name ?? shortId(id)}
          </Link>
        </li>
      ))}
    </ul>
  );
}
