import { type LoginRequest, loginRequest, type Session } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { api, RequestFailure } from '@/lib/api.ts';
import { startSession, useSession } from '@/lib/session.ts';
import { NoOrganizationNote } from './no-organization-note.tsx';
import { PasswordInput } from './password-input.tsx';

export function LoginForm({ onSignedIn }: { onSignedIn: () => void }) {
  const form = useForm<LoginRequest>({
    resolver: zodResolver(loginRequest),
    mode: 'onTouched',
    defaultValues: { email: '', password: '' },
  });
  const login = useMutation({
    mutationFn: (body: LoginRequest) => api<Session>('/auth/login', { method: 'POST', body, changesSession: true }),
    onSuccess: (session) => {
      startSession(session);
      onSignedIn();
    },
  });
  const { errors } = form.formState;
  const session = useSession();
  const { error } = login;
  const endedForThat = session.status === 'signed_out' && session.reason === 'no_organization';
  const noOrganization =
    error instanceof RequestFailure ? error.code === 'no_organization' : endedForThat && login.isIdle;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((body) => login.mutate(body))}
      aria-label="Log in"
    >
      <Field label="E-mail" error={errors.email && 'Enter your e-mail address'}>
        {(control) => (
          <Input {...control} {...form.register('email')} type="email" autoComplete="email" className="h-9" />
        )}
      </Field>
      <Field label="Password" error={errors.password && 'Enter your password'}>
        {(control) => <PasswordInput {...control} {...form.register('password')} autoComplete="current-password" />}
      </Field>
      {noOrganization && <NoOrganizationNote />}
      {error && !noOrganization && <ProblemCallout error={error} />}
      <Button type="submit" variant="primary" size="lg" busy={login.isPending}>
        Log in
      </Button>
    </form>
  );
}
