import type { Stop } from '@agentflow/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, LoaderCircle } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Input } from '@/components/ui/input.tsx';
import { formatCount, formatUsd } from '@/lib/format.ts';
import { stopQuery } from './queries.ts';

type StopCounts = Pick<Stop, 'stop_id' | 'targeted' | 'stopped' | 'spent_usd'>;

interface KillDialogProps {
  title: string;
  /** What is refused from then on. */
  description: ReactNode;
  /** What may be stopped too, as in `what was started with this key`. */
  running: string;
  confirmLabel: string;
  /** For grave acts: what must be typed first. */
  typedName?: string;
  /** Does it; gives the stop of what runs, where that was asked for. */
  onConfirm: (stopRunning: boolean) => Promise<StopCounts | null>;
  onClose: () => void;
}

/** Asks before something is kept out, and shows how what runs for it is being stopped. */
export function KillDialog(props: KillDialogProps) {
  const { title, description, running, confirmLabel, typedName, onConfirm, onClose } = props;
  const id = useId();
  const [stopRunning, setStopRunning] = useState(true);
  const [typed, setTyped] = useState('');
  const kill = useMutation({
    mutationFn: () => onConfirm(stopRunning),
    onSuccess: (stop) => {
      if (stop === null || stop.targeted === 0) onClose();
    },
  });
  const ready = typedName === undefined || typed.trim() === typedName.trim();
  if (kill.data != null && kill.data.targeted > 0) {
    return (
      <Dialog open onOpenChange={(open) => !open && onClose()} title="Stopping what runs" className="max-w-md">
        <DialogBody>
          <StopProgress first={kill.data} />
        </DialogBody>
        <DialogFooter>
          <Button variant="primary" onClick={() => onClose()}>
            Close
          </Button>
        </DialogFooter>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={description}
      className="max-w-md"
    >
      <form
        className="flex min-h-0 flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) kill.mutate();
        }}
      >
        <DialogBody>
          <label htmlFor={`${id}-stop`} className="flex items-start gap-2.5 text-sm">
            <Checkbox
              id={`${id}-stop`}
              className="mt-0.5"
              checked={stopRunning}
              onCheckedChange={(on) => setStopRunning(on === true)}
            />
            <span>
              Stop what runs, too
              <span className="block text-faint text-xs">
                Cancels {running}, with all sub-agents, and keeps their results so far. Else it runs to its end.
              </span>
            </span>
          </label>
          {typedName !== undefined && (
            <div className="flex flex-col gap-1.5">
              <label htmlFor={`${id}-name`} className="text-sm text-soft">
                Type <strong className="break-all font-semibold text-text">{typedName}</strong> to confirm
              </label>
              <Input
                id={`${id}-name`}
                value={typed}
                onChange={(event) => setTyped(event.target.value)}
                autoComplete="off"
              />
            </div>
          )}
          {kill.error && <ProblemCallout error={kill.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={() => onClose()}>Keep it</Button>
          <Button type="submit" variant="danger" disabled={!ready} busy={kill.isPending}>
            {confirmLabel}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

/** How many of the executions that were alive have ended by now. */
function StopProgress({ first }: { first: StopCounts }) {
  const read = useQuery(stopQuery(first.stop_id)).data;
  const { targeted, stopped, spent_usd } = read ?? first;
  const ended = read?.status === 'stopped';
  return (
    <div role="status" className="flex flex-col gap-3 text-sm">
      <p className="flex items-center gap-2">
        {ended ? (
          <CircleCheck className="size-4 text-completed" aria-hidden="true" />
        ) : (
          <LoaderCircle className="size-4 animate-spin text-running" aria-hidden="true" />
        )}
        <span className="tabular font-medium">
          {formatCount(stopped)} of {formatCount(targeted)} {targeted === 1 ? 'execution has' : 'executions have'} ended
        </span>
      </p>
      <div aria-hidden="true" className="h-1.5 overflow-hidden rounded-full bg-sunken dark:bg-hover">
        <div
          className={ended ? 'h-full bg-completed-solid' : 'h-full bg-running-solid'}
          style={{ width: `${(stopped / targeted) * 100}%` }}
        />
      </div>
      <p className="text-soft">
        Nothing new starts for it, and no further model is called. {formatUsd(spent_usd)} was spent by what has ended.
        {!ended && ' You may close this: it goes on by itself.'}
      </p>
    </div>
  );
}
