import { type ChangePasswordRequest, changePasswordRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Field } from '@/components/ui/field.tsx';
import { PasswordInput } from '@/features/auth/password-input.tsx';
import { api, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { useSession } from '@/lib/session.ts';
import { sessionsQuery } from './queries.ts';

function isWrongPassword(error: Error | null): boolean {
  return error instanceof RequestFailure && error.code === 'invalid_credentials';
}

export function PasswordCard() {
  const queries = useQueryClient();
  const session = useSession();
  const [shownPaths, setShownPaths] = useState<string[]>([]);
  const form = useForm<ChangePasswordRequest>({
    resolver: zodResolver(changePasswordRequest),
    mode: 'onTouched',
    defaultValues: { current_password: '', new_password: '' },
  });
  const change = useMutation({
    mutationFn: (body: ChangePasswordRequest) => api('/auth/password', { method: 'POST', body }),
    onSuccess: () => {
      form.reset();
      void queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      toast.success('Password changed. Every other session is signed out.');
    },
    onError: (error) => {
      setShownPaths(showOnFields(form, error, ['current_password', 'new_password']));
      if (isWrongPassword(error)) {
        form.setError(
          'current_password',
          { type: 'refused', message: 'This is not your current password' },
          { shouldFocus: true },
        );
      }
    },
  });
  const { errors } = form.formState;
  return (
    <Card className="overflow-hidden">
      <CardHeader title="Password" description="Changing it signs you out everywhere else." />
      <form noValidate aria-label="Change password" onSubmit={form.handleSubmit((body) => change.mutate(body))}>
        <div className="flex max-w-md flex-col gap-4 p-4">
          {/* Password managers look here for the account that the new password belongs to. */}
          <input
            type="text"
            autoComplete="username"
            value={session.status === 'signed_in' ? session.user.email : ''}
            readOnly
            hidden
          />
          <Field
            label="Current password"
            error={
              errors.current_password &&
              (errors.current_password.type === 'refused'
                ? errors.current_password.message
                : 'Enter your current password')
            }
          >
            {(control) => (
              <PasswordInput {...control} {...form.register('current_password')} autoComplete="current-password" />
            )}
          </Field>
          <Field
            label="New password"
            help="At least 10 characters. A few words in a row are easy to remember and hard to guess."
            error={errors.new_password && `The password ${errors.new_password.message ?? 'is not valid'}`}
          >
            {(control) => <PasswordInput {...control} {...form.register('new_password')} autoComplete="new-password" />}
          </Field>
          {change.error && !isWrongPassword(change.error) && (
            <ProblemCallout error={change.error} shownPaths={shownPaths} />
          )}
        </div>
        <div className="flex justify-end border-line border-t bg-sunken px-4 py-2.5">
          <Button type="submit" variant="primary" busy={change.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </Card>
  );
}
