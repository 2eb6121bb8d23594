import type { Proposal, ProposalAccess } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Combobox } from '@/features/node-form/controls/combobox.tsx';
import { RemoveButton } from '@/features/node-form/controls/rows.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { everyMemberQuery } from '@/features/settings/team-queries.ts';
import { accessQuery, useSetAccess } from './queries.ts';

const LEVELS = [
  { value: 'read', label: 'may read' },
  { value: 'decide', label: 'may decide' },
] as const;

/** Who sees a proposal, and who decides. */
export function AccessDialog({ proposal, onClose }: { proposal: Proposal; onClose: () => void }) {
  const access = useQuery(accessQuery(proposal.id));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Who sees this"
      description="Owners, admins and who asked for it always read it and decide."
    >
      {access.data === undefined ? (
        <DialogBody>
          {access.error ? (
            <ProblemCallout error={access.error} onRetry={() => void access.refetch()} />
          ) : (
            <Skeleton className="h-32 w-full" />
          )}
        </DialogBody>
      ) : (
        <AccessForm proposal={proposal} access={access.data} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface AccessFormProps {
  proposal: Proposal;
  access: ProposalAccess;
  onClose: () => void;
}

function AccessForm({ proposal, access, onClose }: AccessFormProps) {
  const [kind, setKind] = useState(access.access);
  const [people, setPeople] = useState(access.people);
  const members = useQuery(everyMemberQuery).data ?? [];
  const save = useSetAccess(proposal.id);
  const id = useId();
  const nameOf = (userId: string) => {
    const member = members.find(({ user }) => user.id === userId)?.user;
    return member?.name || member?.email || people.find((each) => each.user_id === userId)?.name || userId;
  };
  const submit = () =>
    save.mutate(
      { access: kind, people: kind === 'private' ? people.map(({ user_id, level }) => ({ user_id, level })) : [] },
      {
        onSuccess: () => {
          toast.success('Saved');
          onClose();
        },
      },
    );
  return (
    <form
      className="flex min-h-0 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <DialogBody>
        <Segments
          label="Access"
          wide
          value={kind}
          onChange={setKind}
          options={[
            { value: 'organization', label: 'Everybody who may read agents' },
            { value: 'private', label: 'Private' },
          ]}
        />
        {kind === 'private' && (
          <div className="flex flex-col gap-2">
            {people.length > 0 && (
              <ul aria-label="People" className="flex flex-col gap-1">
                {people.map(({ user_id, level }) => (
                  <li key={user_id} className="flex items-center gap-2 text-sm">
                    <span className="min-w-0 flex-1 truncate">{nameOf(user_id)}</span>
                    <Select
                      label={`What ${nameOf(user_id)} may do`}
                      value={level}
                      className="w-32"
                      options={LEVELS}
                      onValueChange={(next) =>
                        setPeople(
                          people.map((each) =>
                            each.user_id === user_id ? { ...each, level: next === 'decide' ? 'decide' : 'read' } : each,
                          ),
                        )
                      }
                    />
                    <RemoveButton
                      label={`Remove ${nameOf(user_id)}`}
                      onClick={() => setPeople(people.filter((each) => each.user_id !== user_id))}
                    />
                  </li>
                ))}
              </ul>
            )}
            <span id={`${id}-label`} className="sr-only">
              Add a person
            </span>
            <Combobox
              control={{ id, labelId: `${id}-label`, invalid: false, describedBy: undefined }}
              label="People"
              options={members
                .filter(({ user }) => !people.some(({ user_id }) => user_id === user.id))
                .map(({ user }) => ({
                  value: user.id,
                  title: user.name || user.email,
                  note: user.email,
                  keywords: [user.email],
                }))}
              chosen={[]}
              onChoose={(userId) => setPeople([...people, { user_id: userId, name: nameOf(userId), level: 'read' }])}
              searchPlaceholder="Find a person"
              empty="Nobody fits this search."
            >
              <span className="text-faint">Add a person</span>
            </Combobox>
          </div>
        )}
        {save.error && <ProblemCallout error={save.error} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </DialogFooter>
    </form>
  );
}
