import type { DeliveryDetail } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { toast } from 'sonner';
import { CodeBlock } from '@/components/code-block.tsx';
import { CopyableId } from '@/components/copy-button.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { useNow } from '@/lib/clock.ts';
import { shortId } from '@/lib/format.ts';
import { AttemptList, headerLines } from './attempt-list.tsx';
import { parsedJson } from './body.ts';
import { DeliveryBadge } from './delivery-badge.tsx';

/** One delivery: where it stands, what is sent, and every answer. */
export function DeliveryDetails({ delivery }: { delivery: DeliveryDetail }) {
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
        <DeliveryBadge delivery={delivery} />
        <span className="text-soft">
          <RelativeTime iso={delivery.created_at} />
        </span>
        <CopyableId id={delivery.id} short={`dlv_…${delivery.id.slice(-6)}`} />
        {!delivery.is_test && (
          <Link
            to="/dashboard/events"
            search={{ event: delivery.event_id }}
            className="rounded-sm text-accent-text text-sm underline-offset-4 hover:underline"
          >
            Event {shortId(delivery.event_id)}
          </Link>
        )}
        <span className="ml-auto">
          <ReplayButton delivery={delivery} />
        </span>
      </div>
      <NextAttempt delivery={delivery} />
      <section aria-labelledby="delivery-attempts">
        <h3 id="delivery-attempts" className="mb-2 font-semibold text-sm">
          {delivery.attempts_made.length === 1 ? 'Attempt' : 'Attempts'}
        </h3>
        {delivery.attempts_made.length === 0 ? (
          <p className="text-sm text-soft">It was not tried yet.</p>
        ) : (
          <AttemptList attempts={delivery.attempts_made} />
        )}
      </section>
      <Request delivery={delivery} />
    </div>
  );
}

/** When it is tried next, or why it is not. */
function NextAttempt({ delivery: { status, attempts, next_attempt_at } }: { delivery: DeliveryDetail }) {
  const now = useNow(1000, status === 'pending');
  if (status === 'delivered') return null;
  const next = attempts === 0 ? 'The first attempt' : `Attempt ${attempts + 1}`;
  return (
    <p className="rounded-lg border border-line bg-sunken px-3.5 py-2.5 text-sm text-soft">
      {status === 'failed' ? (
        `It was tried ${attempts === 1 ? 'once' : `${attempts} times`} and is not tried again by itself. Replay it once the receiver works.`
      ) : next_attempt_at !== null && Date.parse(next_attempt_at) > now ? (
        <>
          {next} is due <RelativeTime iso={next_attempt_at} className="font-medium text-text" />
        </>
      ) : (
        `${next} is due: it is being sent, or waits for its turn or for the receiver's pause to end.`
      )}
    </p>
  );
}

function Request({ delivery }: { delivery: DeliveryDetail }) {
  const body = parsedJson(delivery.request_body);
  const headers = delivery.attempts_made.at(-1)?.request_headers;
  return (
    <section aria-labelledby="delivery-request" className="flex min-w-0 flex-col gap-3">
      <h3 id="delivery-request" className="font-semibold text-sm">
        Request
      </h3>
      <p className="break-all rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-xs">
        <span className="mr-2 text-faint">POST</span>
        {delivery.url}
      </p>
      {headers !== undefined && Object.keys(headers).length > 0 && (
        <CodeBlock label="Headers" code={headerLines(headers)} />
      )}
      {delivery.request_body === null ? (
        <p className="text-faint text-xs">What was sent is not kept any more.</p>
      ) : body === undefined ? (
        <CodeBlock label="Body" code={delivery.request_body} />
      ) : (
        <JsonView value={body} label="Body of the request" />
      )}
    </section>
  );
}

function ReplayButton({ delivery }: { delivery: DeliveryDetail }) {
  const queries = useQueryClient();
  const mayManage = useCan('webhooks:manage');
  const replay = useMutation({
    mutationFn: () => api(`/deliveries/${delivery.id}/replay`, { method: 'POST' }),
    onSuccess: async () => {
      toast.success('It is sent again, with the same webhook-id');
      await queries.invalidateQueries({ queryKey: ['deliveries'] });
    },
    onError: (error) => toast.error(error.message),
  });
  if (!mayManage || delivery.status === 'pending') return null;
  return (
    <Button size="sm" busy={replay.isPending} onClick={() => replay.mutate()}>
      <RotateCw aria-hidden="true" /> Replay
    </Button>
  );
}
