import type { Webhook } from '@agentflow/contracts';
import { CircleX } from 'lucide-react';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';

interface DisabledBannerProps {
  disabled: NonNullable<Webhook['disabled']>;
  busy: boolean;
  /** Given to who may switch it on again. */
  onActivate?: (() => void) | undefined;
}

const WHY = {
  gone: 'It answered that it is gone for good (410), so nothing is sent to it any more.',
  failing: 'Nothing arrived for five days, so nothing is sent to it any more.',
} as const;

/** Why it was switched off, where nobody did it. */
export function DisabledBanner({ disabled, busy, onActivate }: DisabledBannerProps) {
  return (
    <div
      role="status"
      className="mb-5 flex flex-wrap items-center gap-x-4 gap-y-3 rounded-xl border border-failed-solid/35 bg-failed-soft px-4 py-3"
    >
      <CircleX className="size-5 shrink-0 text-failed" aria-hidden="true" />
      <div className="min-w-0 flex-1 basis-60 text-sm">
        <p className="font-medium text-text">
          Disabled <RelativeTime iso={disabled.at} />
        </p>
        <p className="break-words text-soft">
          {WHY[disabled.reason]} {disabled.detail}
        </p>
      </div>
      {onActivate !== undefined && (
        <Button busy={busy} onClick={onActivate}>
          Activate again
        </Button>
      )}
    </div>
  );
}
