import { acceptInvitationRequest, type InvitationDetails, type Session } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import type { z } from 'zod';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { PasswordInput } from '@/features/auth/password-input.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { AcceptProblem } from './accept-problem.tsx';
import { useAcceptInvitation } from './use-accept-invitation.ts';

/** Whoever is not signed in proves with a password who they are, or chooses one. */
const withPassword = acceptInvitationRequest.required({ password: true });

interface AcceptFormProps {
  token: string;
  invitation: InvitationDetails;
  onJoined: (session: Session) => void;
}

/** Accepting without being signed in: with a new account, or with the password of the one that the address has. */
export function AcceptForm({ token, invitation, onJoined }: AcceptFormProps) {
  const { registered, email, organization } = invitation;
  const form = useForm<z.infer<typeof withPassword>>({
    // An empty name is a name that was not given.
    resolver: (values, context, options) => {
      const { name, ...rest } = values;
      return zodResolver(withPassword)(name?.trim() ? { ...rest, name } : rest, context, options);
    },
    mode: 'onTouched',
    defaultValues: { name: '', password: '' },
  });
  const accept = useAcceptInvitation(token, onJoined);
  const showRefusal = (error: Error) => {
    showOnFields(form, error, ['name', 'password']);
    if (error instanceof RequestFailure && error.code === 'invalid_credentials') {
      form.setError('password', { type: 'wrong' }, { shouldFocus: true });
    }
  };
  const { errors } = form.formState;
  const told = accept.error instanceof RequestFailure && accept.error.code === 'invalid_credentials';
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((body) => accept.mutate(body, { onError: showRefusal }))}
      aria-label="Accept the invitation"
    >
      <Field
        label="E-mail"
        help={registered ? 'You have an account with this address.' : 'The invitation is good for this address alone.'}
      >
        {(control) => <Input {...control} value={email} readOnly autoComplete="username" className="h-9 bg-sunken" />}
      </Field>
      {!registered && (
        <Field label="Your name" optional error={errors.name?.message}>
          {(control) => <Input {...control} {...form.register('name')} autoComplete="name" className="h-9" />}
        </Field>
      )}
      <Field
        label="Password"
        {...(registered
          ? {}
          : { help: 'At least 10 characters. A few words in a row are easy to remember and hard to guess.' })}
        error={errors.password && passwordError(registered, form.getValues('password'), errors.password.message)}
      >
        {(control) => (
          <PasswordInput
            {...control}
            {...form.register('password')}
            autoComplete={registered ? 'current-password' : 'new-password'}
          />
        )}
      </Field>
      {accept.error && !told && <AcceptProblem error={accept.error} organization={organization} />}
      <Button type="submit" variant="primary" size="lg" busy={accept.isPending}>
        {registered ? `Join ${organization.name}` : 'Create account and join'}
      </Button>
    </form>
  );
}

function passwordError(registered: boolean, typed: string, problem = 'is not valid'): string {
  if (!registered) return `The password ${problem}`;
  return typed === '' ? 'Enter the password of your account' : 'This is not the password of your account';
}
