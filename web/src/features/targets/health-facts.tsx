import type { TargetHealth } from '@agentflow/contracts';
import type { ReactNode } from 'react';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Card } from '@/components/ui/card.tsx';
import { cn } from '@/lib/class-names.ts';
import { formatCount } from '@/lib/format.ts';

/** How it goes with a target: what arrived, what waits, what was given up. */
export function HealthFacts({ health }: { health: TargetHealth }) {
  const { delivered, pending, failed, last_success_at, failing_since, paused_until, last_error } = health;
  const paused = paused_until !== null && Date.parse(paused_until) > Date.now();
  return (
    <Card className="mb-5">
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-xl bg-line sm:grid-cols-4">
        <Fact label="Delivered">{formatCount(delivered)}</Fact>
        <Fact label="Waiting">{formatCount(pending)}</Fact>
        <Fact label="Failed" className={failed > 0 ? 'text-failed' : ''}>
          {formatCount(failed)}
        </Fact>
        <Fact label="Last success" small>
          {last_success_at === null ? 'none yet' : <RelativeTime iso={last_success_at} />}
        </Fact>
      </dl>
      {(failing_since !== null || paused) && (
        <div className="flex flex-col gap-0.5 border-line border-t px-4 py-2.5 text-sm text-soft">
          {failing_since !== null && (
            <p className="break-words">
              <span className="font-medium text-failed">Failing</span> since <RelativeTime iso={failing_since} />
              {last_error !== null && `: ${last_error}`}
            </p>
          )}
          {paused && (
            <p>
              Its host fails too often, or asked for a pause: sending goes on <RelativeTime iso={paused_until} />
            </p>
          )}
        </div>
      )}
    </Card>
  );
}

interface FactProps {
  label: string;
  small?: boolean;
  className?: string;
  children: ReactNode;
}

function Fact({ label, small, className, children }: FactProps) {
  return (
    <div className="bg-surface px-4 py-3">
      <dt className="text-faint text-xs">{label}</dt>
      <dd className={cn('tabular mt-0.5 font-semibold', small ? 'text-sm leading-7' : 'text-xl', className)}>
        {children}
      </dd>
    </div>
  );
}
