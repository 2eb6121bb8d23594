import type { PersonErasure } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ban, LogOut, Trash2 } from 'lucide-react';
import { meQuery } from '@/features/shell/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { formatCount } from '@/lib/format.ts';
import { EraseCard, EraseDialog } from './erase-card.tsx';
import { EraseForm } from './erase-form.tsx';
import { personErasureQuery } from './queries.ts';
import { useGoodbye } from './say-goodbye.ts';

export function DeleteAccountCard() {
  return (
    <EraseCard
      title="Delete my account"
      description="Your name, e-mail address, password and sessions. What you made for an organization stays with it."
      buttonLabel="Delete my account…"
      className="mt-8"
    >
      {(close) => <DeleteAccountDialog onClose={close} />}
    </EraseCard>
  );
}

function DeleteAccountDialog({ onClose }: { onClose: () => void }) {
  const sayGoodbye = useGoodbye();
  return (
    <EraseDialog
      title="Delete your account?"
      description="There is no way back. You are signed out everywhere at once."
      query={personErasureQuery}
      onClose={onClose}
    >
      {(preview) => (
        <EraseForm
          path="/auth/me"
          word={preview.confirm}
          wordName="e-mail address"
          confirmLabel="Delete my account"
          possible={preview.organizations.every((each) => each.effect !== 'blocked')}
          onErased={() => void sayGoodbye('account')}
          onClose={onClose}
        >
          <Effects preview={preview} />
        </EraseForm>
      )}
    </EraseDialog>
  );
}

const EFFECTS = {
  left: { icon: LogOut, look: 'text-idle', words: 'You leave it. It goes on without you.' },
  erased: {
    icon: Trash2,
    look: 'text-failed',
    words: 'It is erased with you, with everything in it: nobody else belongs to it.',
  },
  blocked: {
    icon: Ban,
    look: 'text-waiting',
    words: 'You are its last owner, and it has other members.',
  },
} as const;

function Effects({ preview }: { preview: PersonErasure }) {
  const current = useQuery(meQuery).data?.organization.id;
  const blocked = preview.organizations.some((each) => each.effect === 'blocked');
  return (
    <>
      {preview.organizations.length > 0 && (
        <ul aria-label="Your organizations" className="divide-y divide-line rounded-lg border border-line">
          {preview.organizations.map(({ id, name, effect }) => {
            const { icon: Icon, look, words } = EFFECTS[effect];
            return (
              <li key={id} className="flex items-start gap-2.5 px-3 py-2.5 text-sm">
                <Icon className={cn('mt-0.5 size-4 shrink-0', look)} aria-hidden="true" />
                <div className="min-w-0">
                  <p className="break-words font-medium text-text">{name}</p>
                  <p className="text-soft">
                    {words}{' '}
                    {effect === 'blocked' &&
                      (id === current ? (
                        <Link
                          to="/dashboard/settings/members"
                          className="font-medium text-accent-text underline underline-offset-4 hover:no-underline"
                        >
                          Make somebody an owner
                        </Link>
                      ) : (
                        'Switch to it and make somebody an owner, or erase it.'
                      ))}
                  </p>
                </div>
              </li>
            );
          })}
        </ul>
      )}
      {blocked ? (
        <p className="text-sm text-soft">
          An organization with members needs an owner. Once each has another one, you can delete your account.
        </p>
      ) : (
        preview.executions > 0 && (
          <p className="text-sm text-soft">
            {formatCount(preview.executions)} {preview.executions === 1 ? 'execution' : 'executions'} that you started{' '}
            {preview.executions === 1 ? 'stays' : 'stay'} in other organizations, without your name.
          </p>
        )
      )}
    </>
  );
}
