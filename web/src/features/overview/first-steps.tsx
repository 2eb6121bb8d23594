import type { Agent } from '@agentflow/contracts';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowRight, Check, FileUp, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { triageExample, useImportAgent } from '@/features/agents/import-agent.ts';
import { cn } from '@/lib/class-names.ts';

/** The way to a first run, for an organization in which nothing has run yet. */
export function FirstSteps({ agents }: { agents: readonly Agent[] }) {
  const navigate = useNavigate();
  const load = useImportAgent((agent) => {
    void navigate({ to: '/dashboard/agents/$agentId', params: { agentId: agent.id }, search: { tab: 'builder' } });
  });
  const newest = agents[0];
  const published = agents.find((agent) => agent.status === 'active');
  const reached = published !== undefined ? 2 : newest !== undefined ? 1 : 0;
  return (
    <section aria-label="First steps" className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <ol>
        <Step number={1} done={reached > 0} current={reached === 0} title="Bring an agent">
          <p>
            The support-ticket triage agent summarizes a ticket, decides what it is about and how urgent it is, and
            hands it to a team. It runs without any key.
          </p>
          {reached === 0 && (
            <div className="mt-3 flex flex-wrap gap-2">
              <Button variant="primary" busy={load.isPending} onClick={async () => load.mutate(await triageExample())}>
                <ArrowRight aria-hidden="true" /> Start with the triage agent
              </Button>
              <Button asChild>
                <Link to="/dashboard/agents" search={{ create: 'new' }}>
                  <Plus aria-hidden="true" /> Create my own
                </Link>
              </Button>
              <Button asChild>
                <Link to="/dashboard/agents" search={{ create: 'import' }}>
                  <FileUp aria-hidden="true" /> Import a file
                </Link>
              </Button>
            </div>
          )}
          {load.error && <ProblemCallout error={load.error} className="mt-3" />}
        </Step>
        <Step number={2} done={reached > 1} current={reached === 1} title="Publish it">
          <p>Look at its steps and publish the draft. That makes version 1, which never changes.</p>
          {reached === 1 && newest !== undefined && (
            <Button asChild variant="primary" className="mt-3">
              <Link to="/dashboard/agents/$agentId" params={{ agentId: newest.id }} search={{ tab: 'builder' }}>
                <ArrowRight aria-hidden="true" /> Open {newest.name}
              </Link>
            </Button>
          )}
        </Step>
        <Step number={3} done={false} current={reached === 2} title="Run it">
          <p>Give it an input and watch each step as it happens: what went in, what came out, how long it took.</p>
          {reached === 2 && published !== undefined && (
            <Button asChild variant="primary" className="mt-3">
              <Link to="/dashboard/agents/$agentId" params={{ agentId: published.id }} search={{ tab: 'run' }}>
                <ArrowRight aria-hidden="true" /> Run {published.name}
              </Link>
            </Button>
          )}
        </Step>
      </ol>
    </section>
  );
}

interface StepProps {
  number: number;
  done: boolean;
  current: boolean;
  title: string;
  children: ReactNode;
}

function Step({ number, done, current, title, children }: StepProps) {
  return (
    <li
      aria-current={current ? 'step' : undefined}
      className="flex gap-4 border-line border-b px-5 py-5 last:border-b-0"
    >
      <span
        className={cn(
          'tabular flex size-7 shrink-0 items-center justify-center rounded-full border font-semibold text-xs',
          done && 'border-transparent bg-completed-soft text-completed',
          current && 'border-transparent bg-accent text-on-accent',
          !done && !current && 'border-line-strong text-faint',
        )}
      >
        {done ? <Check className="size-4" aria-label="Done" /> : number}
      </span>
      <div className="min-w-0 flex-1 text-soft">
        <h2 className={cn('mb-0.5 font-semibold text-base leading-7', done || !current ? 'text-soft' : 'text-text')}>
          {title}
        </h2>
        <div className="max-w-2xl text-pretty text-sm">{children}</div>
      </div>
    </li>
  );
}
