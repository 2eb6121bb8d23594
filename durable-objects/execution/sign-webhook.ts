import { hexOf } from '../../workers/platform/digest.ts';
/**
 * Standard Webhooks, symmetric (`v1`): HMAC-SHA256 over `id.timestamp.body`. `X-Webhook-Signature` is the HMAC of the body
 * alone in hex, for receivers that check no more than that.
 */
export async function webhookHeaders(
  secret: string,
  { id, timestamp }: { readonly id: string; readonly timestamp: number },
  body: string,
): Promise<Record<string, string>> {
  const key = await crypto.subtle.importKey('raw', keyBytes(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const mac = async (text: string) =>
    new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)));
  const [signature, plain] = [await mac(`${id}.${timestamp}.${body}`), await mac(body)];
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${btoa(String.fromCharCode(...signature))}`,
    'X-Webhook-Signature': hexOf(plain),
  };
}

/** `whsec_` and base64, as Standard Webhooks has it; any other text is the key itself. */
function keyBytes(secret: string): Uint8Array<ArrayBuffer> {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  return encoded === undefined || encoded.length % 4 === 1
    ? new Uint8Array(new TextEncoder().encode(secret))
    : Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}
