import { RequestFailure } from '@/lib/api.ts';
import type { ChannelForm } from './form-values.ts';

/** Fields that show what is said of them, and what is below them. */
const SHOWN = /^(body\.)?(name|events|config(\.\w+)?|buttons)$/;

export function shownPaths(error: Error | null): readonly string[] {
  return error instanceof RequestFailure ? error.errors.map(({ path }) => path).filter((path) => SHOWN.test(path)) : [];
}

/** Puts what the server refuses on the fields, however deep. */
export function showRefusals(form: Pick<ChannelForm, 'setError'>, error: unknown): void {
  if (!(error instanceof RequestFailure)) return;
  for (const { path, message } of error.errors) {
    form.setError(path.replace(/^body\./, '') as 'name', { type: 'refused', message });
  }
}
