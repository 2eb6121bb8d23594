import { env } from 'cloudflare:workers';
import type { ChatAccount } from '@agentflow/contracts';
import { expect } from 'vitest';
import { type ChatLinkClaims, signChatLink } from '../../workers/platform/tokens.ts';
import { api, type Member } from './api.ts';

/** The token of the link that an unknown account is answered with. */
export function chatLinkToken(
  { organization_id }: Pick<Member, 'organization_id'>,
  account: Partial<ChatLinkClaims> = {},
  now = Date.now(),
): Promise<string> {
  const account_id = crypto.randomUUID().replaceAll('-', '').toUpperCase().slice(0, 12);
  const claims = { organization_id, platform: 'slack', workspace: 'T0123', account_id, account_name: 'marta' };
  return signChatLink(env.AUTH_KEYS, { ...claims, ...account }, now);
}

export async function linkedAccount(member: Member, account: Partial<ChatLinkClaims> = {}): Promise<ChatAccount> {
  const body = { token: await chatLinkToken(member, account) };
  const linked = await api<ChatAccount>('/chat-accounts/link', { token: member.token, body });
  expect(linked.status, JSON.stringify(linked.body)).toBe(200);
  return linked.body;
}
