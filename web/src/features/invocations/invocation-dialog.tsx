import type { Invocation, RefusalSample } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CopyableId } from '@/components/copy-button.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Dialog, DialogBody } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { DeliveryBadge } from '@/features/deliveries/delivery-badge.tsx';
import { LineageView } from '@/features/lineage/lineage-view.tsx';
import { Facts, NodeDetails } from '@/features/lineage/node-details.tsx';
import { invocationQuery } from '@/features/lineage/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { RequestFailure } from '@/lib/api.ts';
import { formatCount, formatDuration, formatExactTime, formatUsd, shortId } from '@/lib/format.ts';
import { DOOR_WORDS, isRefused, refusalAdvice } from './invocation-facts.ts';
import { InvocationBadge } from './invocation-status.tsx';

/** One call with its lineage, or what is known of the calls that were refused. */
export default function InvocationDialog({ invocationId, onClose }: { invocationId: string; onClose: () => void }) {
  const read = useQuery(invocationQuery(invocationId));
  const invocation = read.data;
  const gone = read.error instanceof RequestFailure && [404, 422].includes(read.error.status);
  const wide = invocation === undefined ? !gone : !isRefused(invocation);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={invocation === undefined ? 'Call' : titleOf(invocation)}
      description={
        invocation !== undefined && (
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1 pb-3">
            <InvocationBadge status={invocation.status} />
            <span>
              {DOOR_WORDS[invocation.door]}, <RelativeTime iso={invocation.created_at} />
            </span>
            <CopyableId id={invocation.id} short={shortId(invocation.id)} />
          </span>
        )
      }
      className={wide ? 'top-[4vh] h-[92vh] max-h-[92vh] max-w-[84rem]' : 'max-w-xl'}
    >
      {read.error && invocation === undefined ? (
        <DialogBody>
          {gone ? (
            <p className="text-soft">There is no such call, or it is not kept any more.</p>
          ) : (
            <ProblemCallout error={read.error} onRetry={() => void read.refetch()} />
          )}
        </DialogBody>
      ) : invocation === undefined ? (
        <Skeleton className="m-5 flex-1" />
      ) : isRefused(invocation) ? (
        <RefusedCalls invocation={invocation} />
      ) : (
        <div className="flex min-h-0 flex-1 flex-col overflow-hidden rounded-b-xl border-line border-t">
          <LineageView
            of={{ invocation: invocation.id }}
            name={invocation.id}
            about={invocation}
            details={(node) => (
              <NodeDetails node={node} invocation={invocation}>
                <CallFacts invocation={invocation} />
              </NodeDetails>
            )}
          />
        </div>
      )}
    </Dialog>
  );
}

function titleOf({ external_agent_name, agent_name, count, ...row }: Invocation): string {
  if (!isRefused(row)) return `${external_agent_name} called ${agent_name ?? 'an agent'}`;
  return count === 1
    ? `A refused call of ${external_agent_name}`
    : `${formatCount(count)} refused calls of ${external_agent_name}`;
}

function CallFacts({ invocation }: { invocation: Invocation }) {
  return (
    <>
      {invocation.error_message !== null && (
        <p role="alert" className="rounded-lg border border-failed-solid/35 bg-failed-soft px-3 py-2 text-sm">
          {invocation.error_code !== null && <code className="mr-1.5 font-mono text-xs">{invocation.error_code}</code>}
          {invocation.error_message}
        </p>
      )}
      <Facts
        facts={[
          ['Door', DOOR_WORDS[invocation.door]],
          ['Latency', invocation.latency_ms === null ? 'still running' : formatDuration(invocation.latency_ms)],
          ['Cost of all', formatUsd(invocation.cost_usd)],
          [
            'Key',
            invocation.key_id === null ? null : (
              <CopyableId key="key" id={invocation.key_id} short={shortId(invocation.key_id)} />
            ),
          ],
          [
            'Webhook',
            invocation.webhook_delivery_status === 'none' ? null : (
              <WebhookFact key="webhook" invocation={invocation} />
            ),
          ],
        ]}
      />
    </>
  );
}

/** How far its result is on the way to the external agent's webhook. */
function WebhookFact({ invocation }: { invocation: Invocation }) {
  const { webhook_delivery_status: status, webhook_delivery_attempts: attempts } = invocation;
  const { webhook_delivery_error: error, webhook_delivery_id: delivery } = invocation;
  const maySee = useCan('webhooks:read');
  return (
    <span className="flex flex-col items-start gap-1">
      {status !== 'none' && (
        <span className="flex flex-wrap items-center gap-2">
          <DeliveryBadge delivery={{ status, attempts }} />
          {attempts > 1 && <span className="text-soft">{formatCount(attempts)} attempts</span>}
        </span>
      )}
      {error !== null && status !== 'delivered' && <span className="break-words text-failed">{error}</span>}
      {delivery !== null && maySee && (
        <Link
          to="/dashboard/deliveries/$deliveryId"
          params={{ deliveryId: delivery }}
          className="rounded-sm text-accent-text underline-offset-4 hover:underline"
        >
          Open the delivery
        </Link>
      )}
    </span>
  );
}

function RefusedCalls({ invocation }: { invocation: Invocation }) {
  const advice = refusalAdvice(invocation.error_code);
  return (
    <DialogBody>
      <div className="rounded-lg border border-line bg-sunken px-3.5 py-3 text-sm">
        <p className="font-medium">
          {invocation.error_code !== null && <code className="mr-1.5 font-mono text-xs">{invocation.error_code}</code>}
          {invocation.error_message}
        </p>
        {advice !== null && <p className="mt-1 text-soft">{advice}</p>}
      </div>
      <p className="text-sm text-soft">
        {invocation.count === 1
          ? 'One call was refused in this minute. It started nothing and cost nothing.'
          : `${formatCount(invocation.count)} calls were refused for this reason within this minute. They started nothing and cost nothing; the first and the last are kept.`}
      </p>
      {invocation.samples !== null && (
        <div className={invocation.count === 1 ? '' : 'grid gap-4 sm:grid-cols-2'}>
          <Sample title={invocation.count === 1 ? 'The call' : 'First'} sample={invocation.samples.first} />
          {invocation.count > 1 && <Sample title="Last" sample={invocation.samples.last} />}
        </div>
      )}
    </DialogBody>
  );
}

function Sample({ title, sample }: { title: string; sample: RefusalSample }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="mb-1.5 font-semibold text-sm">{title}</h3>
      <Facts
        facts={[
          ['When', formatExactTime(sample.at)],
          ['From', sample.country === null ? sample.ip : `${sample.ip} (${sample.country})`],
          ['Asked for', sample.agent === '' ? null : sample.agent],
          ['Answer', sample.detail],
        ]}
      />
    </section>
  );
}
