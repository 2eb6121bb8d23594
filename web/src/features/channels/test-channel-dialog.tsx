import { type ChannelTestResult, MESSAGE_KINDS, type MessageKind } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/select.tsx';
import { api } from '@/lib/api.ts';
import { KIND_WORDS } from './platforms.ts';
import { TestOutcome, toastOutcome } from './test-outcome.tsx';

interface TestChannelDialogProps {
  /** Of the channel. */
  path: string;
  name: string;
  onClose: () => void;
}

/** Sends an example, and shows the message and what the platform answered. */
export function TestChannelDialog({ path, name, onClose }: TestChannelDialogProps) {
  const queries = useQueryClient();
  const [kind, setKind] = useState<MessageKind>('result');
  const test = useMutation({
    mutationFn: () => api<ChannelTestResult>(`${path}/test`, { method: 'POST', body: { kind } }),
    onSuccess: ({ delivery }) => toastOutcome(delivery, name),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries', 'list'] }),
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Send a test to ${name}`}
      description="An example, marked as such, in the form in which messages arrive."
      className="max-w-xl"
    >
      <DialogBody>
        <Field label="Message about">
          {(control) => (
            <Select
              id={control.id}
              value={kind}
              options={MESSAGE_KINDS.map((value) => ({ value, label: KIND_WORDS[value].label }))}
              onValueChange={(value) => setKind(MESSAGE_KINDS.find((each) => each === value) ?? 'result')}
            />
          )}
        </Field>
        {test.error && <ProblemCallout error={test.error} />}
        {test.data !== undefined && <TestOutcome result={test.data} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Close</Button>
        <Button variant="primary" busy={test.isPending} onClick={() => test.mutate()}>
          {test.data === undefined ? 'Send test' : 'Send again'}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
