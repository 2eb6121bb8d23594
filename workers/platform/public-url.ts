import type { Env } from './env.ts';

/**
 * Where people reach the UI, for links that leave this installation. Without PUBLIC_URL it is where the request went,
 * which a caller can choose: production requires the variable.
 */
export function publicOrigin(env: Env, requestUrl: string): string {
  const configured = (env.PUBLIC_URL ?? '').trim();
  return new URL(configured === '' ? requestUrl : configured).origin;
}
