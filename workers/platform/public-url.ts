import type { Env } from './env.ts';

/**
 * Where people reach the UI, for links that leave this installation. Without PUBLIC_URL it is where the request went,
 * which a caller can choose: production requires the variable.
 */
export function publicOrigin(env: Env, requestUrl: string): string {
  return configuredOrigin(env) ?? new URL(requestUrl).origin;
}

/** The same for what is sent without a request; null where PUBLIC_URL is not set. */
export function configuredOrigin(env: Pick<Env, 'PUBLIC_URL'>): string | null {
  const configured = (env.PUBLIC_URL ?? '').trim();
  return configured === '' ? null : new URL(configured).origin;
}
