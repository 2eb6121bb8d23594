import type { FieldPath, FieldValues, UseFormReturn } from 'react-hook-form';
import { RequestFailure } from './api.ts';

/** Puts a refusal's errors on the fields that they name. Gives the paths that found their field. */
export function showOnFields<T extends FieldValues>(
  form: Pick<UseFormReturn<T>, 'setError' | 'setFocus'>,
  error: unknown,
  fields: readonly FieldPath<T>[],
): string[] {
  if (!(error instanceof RequestFailure)) return [];
  const shown: string[] = [];
  for (const each of error.errors) {
    const field = fields.find((name) => name === each.path.replace(/^body\./, ''));
    if (field === undefined) continue;
    form.setError(field, { message: each.message });
    if (shown.length === 0) form.setFocus(field);
    shown.push(each.path);
  }
  return shown;
}

export function isNameTaken(error: unknown): boolean {
  return error instanceof RequestFailure && error.code === 'name_taken';
}

/** Marks the field whose name another object has, with an error of type `taken`. */
export function showNameTaken<T extends FieldValues>(
  form: Pick<UseFormReturn<T>, 'setError'>,
  error: unknown,
  field: FieldPath<T>,
): void {
  if (isNameTaken(error)) form.setError(field, { type: 'taken', message: 'taken' }, { shouldFocus: true });
}
