import type { CreatedWebhook } from '@agentflow/contracts';
import { ShownOnceDialog } from '@/components/shown-once-dialog.tsx';
import { Verification } from './verification.tsx';

interface ShownSecretDialogProps {
  webhook: Pick<CreatedWebhook, 'secret' | 'signature'>;
  onStored: () => void;
}

/** The one time that the secret is shown, with the code that checks with it. */
export function ShownSecretDialog({ webhook: { secret, signature }, onStored }: ShownSecretDialogProps) {
  const open = signature === 'v1a';
  return (
    <ShownOnceDialog
      title={open ? 'The public key' : 'The signing secret'}
      description={
        open
          ? 'Your receiver checks signatures with it. It is no secret: you find it on the page of the webhook.'
          : 'It is shown this once. It is stored sealed, and cannot be shown again.'
      }
      secret={secret}
      noun={open ? 'public key' : 'secret'}
      testId="webhook-secret"
      className="max-w-2xl"
      onStored={onStored}
    >
      <section aria-label="Check what arrives" className="min-w-0">
        <h3 className="mb-1 font-medium text-sm">Check what arrives</h3>
        <Verification signature={signature} />
      </section>
    </ShownOnceDialog>
  );
}
