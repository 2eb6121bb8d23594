import type { Execution, JsonValue, RetryRequest } from '@agentflow/contracts';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { JsonEditor } from '@/components/json-editor.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { jsonMistake } from '@/lib/json-path.ts';
import { callOf, type ShownStep } from './live-execution.ts';
import { useRetry } from './retry.ts';

interface RetryDialogProps {
  execution: Execution;
  step: ShownStep;
  onClose: () => void;
}

/** Why a step's input can't be edited; null where it can. */
function whyFixed(step: ShownStep): string | null {
  const input = step.record?.input ?? null;
  if (input === null) return 'This step takes no input of its own.';
  if (step.iteration !== '') return 'It runs in the rounds of a loop: each round gets its own input again.';
  if (callOf(step.id) !== null) return 'A call gets its input from the step that makes it.';
  if (typeof input !== 'object' || Array.isArray(input)) return 'This step’s input can’t be edited.';
  if (input.truncated === true && typeof input.beginning === 'string')
    return 'Its input is too large to be edited here.';
  return null;
}

/** Runs a step and what follows again, on its recorded input or an edited one. */
export function RetryDialog({ execution, step, onClose }: RetryDialogProps) {
  const recorded = JSON.stringify(step.record?.input ?? {}, null, 2);
  const [text, setText] = useState(recorded);
  const retry = useRetry(execution);
  const fixed = whyFixed(step);
  const edited = fixed === null && text !== recorded;
  const mistake = edited ? jsonMistake(text) : null;
  const send = () => {
    if (mistake !== null || retry.isPending) return;
    const request: RetryRequest = { from_node: step.node_id };
    retry.mutate(edited ? { ...request, input: JSON.parse(text) as JsonValue } : request);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Retry from ${step.node_name}`}
      description="A new execution of the same version. What ended before this step is taken over and costs nothing again; this step and what follows run anew."
      className="max-w-2xl"
    >
      <DialogBody>
        {fixed === null ? (
          <div>
            <p className="mb-1.5 font-medium text-sm">Input of the step</p>
            <JsonEditor
              value={text}
              onChange={setText}
              label="Input of the step as JSON"
              minLines={6}
              maxLines={18}
              onSubmit={send}
            />
            <p className="mt-1.5 text-faint text-xs">
              {edited
                ? 'Edited: the step runs with exactly this.'
                : 'As it was recorded. Unchanged, its expressions are evaluated again.'}
            </p>
          </div>
        ) : (
          <p className="text-sm text-soft">{fixed}</p>
        )}
        {retry.error && <ProblemCallout error={retry.error} />}
      </DialogBody>
      <DialogFooter>
        {edited && (
          <Button variant="ghost" className="mr-auto" onClick={() => setText(recorded)}>
            Undo the edit
          </Button>
        )}
        <Button onClick={onClose}>Close</Button>
        <Button variant="primary" busy={retry.isPending} disabled={mistake !== null} onClick={send}>
          <RotateCcw aria-hidden="true" /> {edited ? 'Retry with this input' : 'Retry from here'}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
