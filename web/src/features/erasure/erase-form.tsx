import { type EraseRequest, eraseRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { PasswordInput } from '@/features/auth/password-input.tsx';
import { api, RequestFailure } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { useSession } from '@/lib/session.ts';

interface EraseFormProps {
  path: '/org' | '/auth/me';
  /** What must be typed, as the preview names it. */
  word: string;
  /** What the word is: "short name". */
  wordName: string;
  confirmLabel: string;
  /** False where something stands in the way, which `children` tell. */
  possible: boolean;
  onErased: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** The word and the password that an erasure asks for, below what it takes away. */
export function EraseForm(props: EraseFormProps) {
  const { path, word, wordName, confirmLabel, possible, onErased, onClose, children } = props;
  const session = useSession();
  const form = useForm<EraseRequest>({
    resolver: zodResolver(eraseRequest),
    defaultValues: { confirm: '', password: '' },
  });
  const erase = useMutation({
    mutationFn: (body: EraseRequest) => api(path, { method: 'DELETE', body }),
    onSuccess: onErased,
    onError: (error) => {
      showOnFields(form, error, ['confirm', 'password']);
      if (isWrongPassword(error)) {
        form.setError('password', { type: 'refused', message: 'This is not your password' }, { shouldFocus: true });
      }
    },
  });
  const { errors } = form.formState;
  const typed = useWatch({ control: form.control, name: 'confirm' });
  const ready = possible && typed.trim() === word;
  return (
    <form
      noValidate
      className="flex min-h-0 flex-col"
      onSubmit={form.handleSubmit((body) => ready && erase.mutate({ ...body, confirm: body.confirm.trim() }))}
    >
      <DialogBody>
        {children}
        {possible && (
          <>
            <Field
              label={
                <span>
                  Type the {wordName} <strong className="break-all font-mono font-semibold">{word}</strong>
                </span>
              }
              error={errors.confirm && `It ${errors.confirm.message}`}
            >
              {(control) => <Input {...control} {...form.register('confirm')} autoComplete="off" spellCheck={false} />}
            </Field>
            {/* Password managers look here for the account that the password belongs to. */}
            <input
              type="text"
              autoComplete="username"
              value={session.status === 'signed_in' ? session.user.email : ''}
              readOnly
              hidden
            />
            <Field
              label="Your password"
              error={
                errors.password &&
                (errors.password.type === 'refused' ? errors.password.message : 'Enter your password')
              }
            >
              {(control) => (
                <PasswordInput {...control} {...form.register('password')} autoComplete="current-password" />
              )}
            </Field>
          </>
        )}
        {erase.error && !isWrongPassword(erase.error) && (
          <ProblemCallout error={erase.error} shownPaths={['confirm', 'password']} />
        )}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Keep it</Button>
        <Button type="submit" variant="danger" disabled={!ready} busy={erase.isPending}>
          {confirmLabel}
        </Button>
      </DialogFooter>
    </form>
  );
}

function isWrongPassword(error: Error): boolean {
  return error instanceof RequestFailure && error.code === 'invalid_credentials';
}
