import { type InviteMemberRequest, inviteMemberRequest, type Role, type SentInvitation } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Controller, useForm } from 'react-hook-form';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { api, newIdempotencyKey, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { invitationsQuery } from './invitation-queries.ts';
import { roleName, rolePurpose, rolesUpTo } from './role-name.ts';

interface InviteMemberDialogProps {
  open: boolean;
  ownRole: Role;
  onClose: () => void;
  onInvited: (invitation: SentInvitation) => void;
}

export function InviteMemberDialog({ open, onClose, ...form }: InviteMemberDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Invite a member"
      description="They get a link that is good for their address alone."
      className="max-w-md"
      startInField
    >
      <InviteMemberForm onClose={onClose} {...form} />
    </Dialog>
  );
}

function InviteMemberForm({ ownRole, onClose, onInvited }: Omit<InviteMemberDialogProps, 'open'>) {
  const queries = useQueryClient();
  const form = useForm<InviteMemberRequest>({
    resolver: zodResolver(inviteMemberRequest),
    mode: 'onTouched',
    defaultValues: { email: '', role: 'developer' },
  });
  const invite = useMutation({
    mutationFn: (body: InviteMemberRequest) =>
      api<SentInvitation>('/org/members/invite', {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: (invitation) => {
      void queries.invalidateQueries({ queryKey: invitationsQuery.queryKey });
      onInvited(invitation);
    },
    onError: (error) => {
      showOnFields(form, error, ['email', 'role']);
      if (error instanceof RequestFailure && error.code === 'already_member') {
        form.setError('email', { type: 'member', message: error.message }, { shouldFocus: true });
      }
    },
  });
  const { errors } = form.formState;
  const told = invite.error instanceof RequestFailure && invite.error.code === 'already_member';
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((body) => invite.mutate(body))}>
      <DialogBody>
        <Field
          label="E-mail"
          help="The address of one person."
          error={
            errors.email &&
            (errors.email.type === 'member'
              ? 'This person is a member already'
              : 'Enter an e-mail address like name@example.com')
          }
        >
          {(control) => (
            <Input
              {...control}
              {...form.register('email')}
              type="email"
              autoComplete="off"
              placeholder="name@example.com"
            />
          )}
        </Field>
        <Controller
          control={form.control}
          name="role"
          render={({ field }) => (
            <Field label="Role" help={rolePurpose(field.value)} error={errors.role?.message}>
              {(control) => (
                <Select
                  id={control.id}
                  value={field.value}
                  options={rolesUpTo(ownRole).map((role) => ({ value: role, label: roleName(role) }))}
                  onValueChange={field.onChange}
                />
              )}
            </Field>
          )}
        />
        {invite.error && !told && <ProblemCallout error={invite.error} shownPaths={['email', 'role']} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={invite.isPending}>
          Send invitation
        </Button>
      </DialogFooter>
    </form>
  );
}
