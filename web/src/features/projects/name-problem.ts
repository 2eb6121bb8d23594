import type { FieldError } from 'react-hook-form';

export function nameProblem(error: FieldError | undefined): string | undefined {
  if (error === undefined) return undefined;
  return error.type === 'taken'
    ? 'There is an open project of this name already'
    : 'Give the project a name of up to 120 characters';
}
