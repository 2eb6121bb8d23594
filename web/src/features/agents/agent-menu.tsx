import type { Agent } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { Archive, Copy, Download, Ellipsis, Pause, Pencil, Play, RotateCw, Sparkles } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { toast } from 'sonner';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { exportAgent } from './export-agent.ts';
import { useDuplicateAgent, useSetAgentStatus } from './use-agent-actions.ts';

const RefineDialog = lazy(() => import('@/features/proposals/refine-dialog.tsx'));

/** What can be done with an agent from anywhere. */
export function AgentMenu({ agent }: { agent: Agent }) {
  const mayPublish = useCan('agents:publish');
  const mayWrite = useCan('agents:write');
  const mayExecute = useCan('agents:execute');
  const setStatus = useSetAgentStatus(agent);
  const duplicate = useDuplicateAgent(agent);
  const [archiving, setArchiving] = useState(false);
  const [refining, setRefining] = useState(false);
  const change = (status: 'active' | 'paused') =>
    setStatus.mutate(status, { onError: (error) => toast.error(error.message) });
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button variant="ghost" size="icon-sm" aria-label={`Actions for ${agent.name}`}>
            <Ellipsis aria-hidden="true" />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          {mayExecute && agent.status === 'active' && (
            <DropdownMenuItem asChild>
              <Link to="/dashboard/agents/$agentId" params={{ agentId: agent.id }} search={{ tab: 'run' }}>
                <Play aria-hidden="true" /> Run
              </Link>
            </DropdownMenuItem>
          )}
          {mayWrite && agent.status !== 'archived' && (
            <DropdownMenuItem asChild>
              <Link to="/dashboard/agents/$agentId" params={{ agentId: agent.id }} search={{ tab: 'builder' }}>
                <Pencil aria-hidden="true" /> Edit
              </Link>
            </DropdownMenuItem>
          )}
          {mayWrite && agent.status !== 'archived' && (
            <DropdownMenuItem onSelect={() => setRefining(true)}>
              <Sparkles aria-hidden="true" /> Refine…
            </DropdownMenuItem>
          )}
          {mayWrite && (
            <DropdownMenuItem disabled={duplicate.isPending} onSelect={() => duplicate.mutate()}>
              <Copy aria-hidden="true" /> Duplicate
            </DropdownMenuItem>
          )}
          {mayPublish && agent.status === 'active' && (
            <DropdownMenuItem onSelect={() => change('paused')}>
              <Pause aria-hidden="true" /> Pause
            </DropdownMenuItem>
          )}
          {mayPublish && (agent.status === 'paused' || agent.status === 'archived') && agent.live_version !== null && (
            <DropdownMenuItem onSelect={() => change('active')}>
              <RotateCw aria-hidden="true" /> {agent.status === 'paused' ? 'Resume' : 'Bring back'}
            </DropdownMenuItem>
          )}
          <DropdownMenuItem onSelect={() => void exportAgent(agent, 'json')}>
            <Download aria-hidden="true" /> Export as JSON
          </DropdownMenuItem>
          <DropdownMenuItem onSelect={() => void exportAgent(agent, 'yaml')}>
            <Download aria-hidden="true" /> Export as YAML
          </DropdownMenuItem>
          {mayPublish && agent.status !== 'archived' && (
            <>
              <DropdownMenuSeparator />
              <DropdownMenuItem danger onSelect={() => setArchiving(true)}>
                <Archive aria-hidden="true" /> Archive…
              </DropdownMenuItem>
            </>
          )}
        </DropdownMenuContent>
      </DropdownMenu>
      {refining && (
        <Suspense fallback={null}>
          <RefineDialog agent={agent} onClose={() => setRefining(false)} />
        </Suspense>
      )}
      <ConfirmDialog
        open={archiving}
        onOpenChange={setArchiving}
        title={`Archive ${agent.name}?`}
        description="It can no longer be started. Its versions and past executions stay, and executions that are running now go on to their end."
        confirmLabel="Archive"
        danger
        busy={setStatus.isPending}
        error={archiving ? setStatus.error : null}
        onConfirm={() => setStatus.mutate('archived', { onSuccess: () => setArchiving(false) })}
      />
    </>
  );
}
