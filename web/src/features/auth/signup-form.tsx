import { type Session, type SignupRequest, signupRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { api, newIdempotencyKey, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { startSession } from '@/lib/session.ts';
import { PasswordInput } from './password-input.tsx';

export function SignupForm({ onSignedIn }: { onSignedIn: () => void }) {
  const form = useForm<SignupRequest>({
    // An empty name is a name that was not given.
    resolver: (values, context, options) => {
      const { name, ...rest } = values;
      return zodResolver(signupRequest)(name?.trim() ? { ...rest, name } : rest, context, options);
    },
    mode: 'onTouched',
    defaultValues: { organization_name: '', name: '', email: '', password: '' },
  });
  const [shownPaths, setShownPaths] = useState<string[]>([]);
  const signup = useMutation({
    mutationFn: (body: SignupRequest) =>
      api<Session>('/auth/signup', {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': newIdempotencyKey() },
        changesSession: true,
      }),
    onSuccess: (session) => {
      startSession(session);
      onSignedIn();
    },
    onError: (error) => {
      const shown = showOnFields(form, error, ['organization_name', 'name', 'email', 'password']);
      if (error instanceof RequestFailure && error.code === 'email_taken') {
        form.setError(
          'email',
          { message: 'This address has an account already. Log in instead.' },
          { shouldFocus: true },
        );
      }
      setShownPaths(shown);
    },
  });
  const { errors } = form.formState;
  const taken = signup.error instanceof RequestFailure && signup.error.code === 'email_taken';
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((body) => signup.mutate(body))}
      aria-label="Sign up"
    >
      <Field
        label="Organization"
        help="The name of your team or company. It owns your agents."
        error={errors.organization_name && 'Give your organization a name of up to 120 characters'}
      >
        {(control) => (
          <Input {...control} {...form.register('organization_name')} autoComplete="organization" className="h-9" />
        )}
      </Field>
      <Field label="Your name" optional error={errors.name?.message}>
        {(control) => <Input {...control} {...form.register('name')} autoComplete="name" className="h-9" />}
      </Field>
      <Field
        label="E-mail"
        error={
          errors.email &&
          (errors.email.type === 'custom' || taken
            ? errors.email.message
            : 'Enter an e-mail address like name@example.com')
        }
      >
        {(control) => (
          <Input {...control} {...form.register('email')} type="email" autoComplete="email" className="h-9" />
        )}
      </Field>
      <Field
        label="Password"
        help="At least 10 characters. A few words in a row are easy to remember and hard to guess."
        error={errors.password && `The password ${errors.password.message ?? 'is not valid'}`}
      >
        {(control) => <PasswordInput {...control} {...form.register('password')} autoComplete="new-password" />}
      </Field>
      {signup.error && !taken && <ProblemCallout error={signup.error} shownPaths={shownPaths} />}
      <Button type="submit" variant="primary" size="lg" busy={signup.isPending}>
        Create account
      </Button>
    </form>
  );
}
