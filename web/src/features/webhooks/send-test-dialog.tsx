import type { TestResult, WebhookDetail } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/select.tsx';
import { AttemptList } from '@/features/deliveries/attempt-list.tsx';
import { DeliveryBadge } from '@/features/deliveries/delivery-badge.tsx';
import { eventTypesQuery } from '@/features/targets/event-types.ts';
import { api } from '@/lib/api.ts';

const PLAIN = 'webhook.test';

/** Sends an event by itself, and shows what came of it. */
export function SendTestDialog({ webhook, onClose }: { webhook: WebhookDetail; onClose: () => void }) {
  const queries = useQueryClient();
  const [type, setType] = useState(PLAIN);
  const types = useQuery(eventTypesQuery).data?.data ?? [];
  const test = useMutation({
    mutationFn: () =>
      api<TestResult>(`/webhooks/${webhook.id}/test`, { method: 'POST', body: type === PLAIN ? {} : { type } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries', 'list'] }),
  });
  const delivery = test.data?.delivery;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Send a test event"
      description="One signed request with example data, to see whether it arrives. It counts as nothing else."
      className="max-w-xl"
    >
      <DialogBody>
        <Field label="Event">
          {(control) => (
            <Select
              id={control.id}
              value={type}
              options={[
                { value: PLAIN, label: 'A plain test' },
                ...types
                  .filter(({ state }) => state === 'active')
                  .map((each) => ({ value: each.type as string, label: each.type })),
              ]}
              onValueChange={setType}
            />
          )}
        </Field>
        {test.error && <ProblemCallout error={test.error} />}
        {delivery !== undefined && (
          <section aria-label="Result" aria-live="polite" className="flex min-w-0 flex-col gap-3">
            <p className="flex items-center gap-3 text-sm">
              <DeliveryBadge delivery={delivery} />
              <Link
                to="/dashboard/deliveries/$deliveryId"
                params={{ deliveryId: delivery.id }}
                className="rounded-sm text-accent-text underline-offset-4 hover:underline"
              >
                Open the delivery
              </Link>
            </p>
            <AttemptList key={delivery.id} attempts={delivery.attempts_made} />
          </section>
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Close</Button>
        <Button variant="primary" busy={test.isPending} onClick={() => test.mutate()}>
          {delivery === undefined ? 'Send' : 'Send again'}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
