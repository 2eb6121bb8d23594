import { useQuery } from '@tanstack/react-query';
import { meQuery, useCan } from '@/features/shell/queries.ts';
import { EraseCard, EraseDialog } from './erase-card.tsx';
import { EraseForm } from './erase-form.tsx';
import { memberLosses, organizationLosses } from './losses.ts';
import { organizationErasureQuery } from './queries.ts';
import { useGoodbye } from './say-goodbye.ts';

/** Where an owner can erase the organization; nobody else sees it. */
export function DangerZone() {
  const mayErase = useCan('org:erase');
  if (!mayErase) return null;
  return (
    <EraseCard
      title="Erase the organization"
      description="Its agents, executions, keys, secrets and history, at once and for good. People keep their accounts."
      buttonLabel="Erase organization…"
      className="mt-5"
    >
      {(close) => <EraseOrganizationDialog onClose={close} />}
    </EraseCard>
  );
}

function EraseOrganizationDialog({ onClose }: { onClose: () => void }) {
  const name = useQuery(meQuery).data?.organization.name ?? 'the organization';
  const sayGoodbye = useGoodbye();
  return (
    <EraseDialog
      title={`Erase ${name}?`}
      description="There is no way back: nothing of it can be restored, by us neither."
      query={organizationErasureQuery}
      onClose={onClose}
    >
      {(preview) => (
        <EraseForm
          path="/org"
          word={preview.confirm}
          wordName="short name"
          confirmLabel="Erase for good"
          possible
          onErased={() => void sayGoodbye('organization', name)}
          onClose={onClose}
        >
          <div className="rounded-lg border border-failed-solid/35 bg-failed-soft px-4 py-3 text-sm">
            <p className="font-medium text-text">This goes:</p>
            <ul className="tabular mt-1 list-disc pl-4 text-soft">
              {organizationLosses(preview).map((loss) => (
                <li key={loss}>{loss}</li>
              ))}
            </ul>
            <p className="mt-2 text-soft">{memberLosses(preview)}</p>
          </div>
        </EraseForm>
      )}
    </EraseDialog>
  );
}
