import { base64url } from 'jose';
import { keyring } from './keyring.ts';

const PATH = '/api/v1/chat-callbacks/';

/** What a chat platform calls when a button of one of the channel's messages is pressed. */
export function callbackUrl(origin: string, organizationId: string, channelId: string): string {
  return `${origin}${PATH}${organizationId}/${channelId}`;
}

/** Whether an address is that of the channel, or of any of the organization's: under the origin of today or an earlier one. */
export function isCallbackOf(url: string, organizationId: string, channelId = ''): boolean {
  const path = URL.parse(url)?.pathname ?? '';
  return channelId === ''
    ? path.startsWith(`${PATH}${organizationId}/`)
    : path === `${PATH}${organizationId}/${channelId}`;
}

/**
 * What Telegram shows with the presses of a channel, made by each of AUTH_KEYS: the first is the one to be given out, with
 * all of them the presses of bots that were told before a rotation are still known.
 */
export async function telegramSecrets(
  authKeys: string,
  organizationId: string,
  channelId: string,
): Promise<[string, ...string[]]> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const place = new TextEncoder().encode(`telegram:${organizationId}:${channelId}`);
  const [first, ...others] = keyring('AUTH_KEYS', authKeys);
  const made = async ({ bytes }: typeof first) => {
    const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign']);
    return base64url.encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, place)));
  };
  return [await made(first), ...(await Promise.all(others.map(made)))];
}
