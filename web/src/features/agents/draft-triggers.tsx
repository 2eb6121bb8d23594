import { type Agent, type AgentDefinition, cronInWords } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { NodeIcon, nodeTypeTitle } from '@/components/node-icon.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';

/** What starts the agent stands on the canvas; here it is told, with the way to it. */
export function DraftTriggers({ agent, definition }: { agent: Agent; definition: AgentDefinition }) {
  const triggers = definition.nodes.filter(({ type }) => type.startsWith('trigger.'));
  return (
    <Card>
      <CardHeader title="Triggers" />
      {triggers.length === 0 ? (
        <p className="p-4 text-sm text-soft">Nothing starts it yet: add a trigger in the builder.</p>
      ) : (
        <ul className="divide-y divide-line">
          {triggers.map((node) => (
            <li key={node.id} className="flex items-center gap-3 px-4 py-3">
              <NodeIcon type={node.type} />
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium text-sm">{node.name ?? nodeTypeTitle(node.type)}</p>
                <p className="truncate text-faint text-xs">{triggerNote(node)}</p>
              </div>
              <Button asChild size="sm" variant="ghost">
                <Link
                  to="/dashboard/agents/$agentId"
                  params={{ agentId: agent.id }}
                  search={{ tab: 'builder', node: node.id }}
                  aria-label={`Edit ${node.name ?? node.id}`}
                >
                  Edit
                </Link>
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function triggerNote({ type, config }: AgentDefinition['nodes'][number]): string {
  const title = nodeTypeTitle(type);
  if (type !== 'trigger.schedule' || typeof config.cron !== 'string') return title;
  const zone = typeof config.timezone === 'string' ? config.timezone : 'UTC';
  return `${title} · ${cronInWords(config.cron) ?? config.cron}, ${zone}`;
}
