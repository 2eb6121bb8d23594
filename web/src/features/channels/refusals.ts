import type { FieldPath, FieldValues, UseFormReturn } from 'react-hook-form';
import { RequestFailure } from '@/lib/api.ts';

/** The type of errors that the server has found. */
export const REFUSED = 'refused';

/** Fields that show what is said of them, and what is below them. */
const SHOWN = /^(body\.)?(name|events|buttons|(webhook_)?config(\.\w+)?)$/;

/** Paths of a refusal that their own fields tell. */
export function shownPaths(error: Error | null): readonly string[] {
  return error instanceof RequestFailure ? error.errors.map(({ path }) => path).filter((path) => SHOWN.test(path)) : [];
}

/** Puts what the server refuses on the fields, however deep. */
export function showRefusals<T extends FieldValues>(
  form: Pick<UseFormReturn<T, unknown, FieldValues>, 'setError'>,
  error: unknown,
): void {
  if (!(error instanceof RequestFailure)) return;
  for (const { path, message } of error.errors) {
    if (SHOWN.test(path)) form.setError(path.replace(/^body\./, '') as FieldPath<T>, { type: REFUSED, message });
  }
}
