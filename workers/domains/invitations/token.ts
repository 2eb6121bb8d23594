import { base64url } from 'jose';
import { z } from 'zod';
import { sha256Hex } from '../../platform/digest.ts';

/** 256 random bits in base64url. Only the SHA-256 is stored: whoever reads the table cannot accept anything. */
export const invitationToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

export async function newInvitationToken(): Promise<{ token: string; token_hash: string }> {
  const token = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  return { token, token_hash: await sha256Hex(token) };
}
