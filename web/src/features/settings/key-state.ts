import type { ApiKey } from '@agentflow/contracts';

/** `replaced`: a rotation has made its successor, and it works until its time is up. */
export type KeyState = 'active' | 'replaced' | 'expired' | 'revoked';

/** What a key is at `now`, in ms since the epoch. */
export function keyState(key: Pick<ApiKey, 'revoked_at' | 'expires_at' | 'replaced_by'>, now: number): KeyState {
  if (key.revoked_at !== null) return 'revoked';
  if (key.expires_at !== null && new Date(key.expires_at).getTime() <= now) return 'expired';
  return key.replaced_by === null ? 'active' : 'replaced';
}

export const KEY_STATE_LOOKS: Record<KeyState, string> = {
  active: 'bg-completed-soft text-completed',
  replaced: 'bg-waiting-soft text-waiting',
  expired: 'bg-idle-soft text-idle',
  revoked: 'bg-idle-soft text-idle',
};

const HOUR = 3600;
const DAY = 24 * HOUR;

/** How long the old key may go on beside the new one, in seconds. */
export const OVERLAPS = [
  { seconds: 0, label: 'None: the old key is refused at once' },
  { seconds: HOUR, label: '1 hour' },
  { seconds: DAY, label: '24 hours' },
  { seconds: 7 * DAY, label: '7 days' },
  { seconds: 30 * DAY, label: '30 days' },
] as const;
