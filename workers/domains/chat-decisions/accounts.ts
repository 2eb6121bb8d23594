import { type ChatAccount, type ChatAccountLink, chatPlatform } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import { uniqueViolation } from '../../db/unique-violation.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { type ChatLinkClaims, verifyChatLink } from '../../platform/tokens.ts';
import { requireUser } from '../accounts/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import {
  type AccountKey,
  type ChatAccountRow,
  deleteAccount,
  deleteLeftAccount,
  insertAccount,
  selectAccount,
  selectAccountsOf,
} from './queries.ts';

/** The caller's own accounts on chat platforms. */
export async function listAccounts(ctx: RequestContext): Promise<ChatAccount[]> {
  const { user_id } = requireUser(ctx);
  const rows = await selectAccountsOf(db(ctx.env, ctx.organizationId), ctx.organizationId, user_id);
  return rows.map(present);
}

/** Whose account a link would give to the caller. Changes nothing. */
export async function describeLink(ctx: RequestContext, token: string): Promise<ChatAccountLink> {
  const { user_id } = requireUser(ctx);
  const { expires_at, ...claims } = await claimsOf(ctx, token);
  const row = await selectAccount(db(ctx.env, ctx.organizationId), ctx.organizationId, claims);
  return {
    platform: chatPlatform.parse(claims.platform),
    workspace: teamOf(claims),
    account_id: claims.account_id,
    account_name: claims.account_name,
    state: row === undefined ? 'new' : row.user_id === user_id ? 'linked' : 'taken',
    expires_at: new Date(expires_at).toISOString(),
  };
}

/** From now on the account's presses are the caller's. Throws `conflict` where they are another member's. */
export async function linkAccount(ctx: RequestContext, token: string): Promise<ChatAccount> {
  const { env, organizationId } = ctx;
  const { user_id } = requireUser(ctx);
  const { platform, workspace, account_id, account_name } = await claimsOf(ctx, token);
  const key = { platform, workspace, account_id };
  const database = db(env, organizationId);
  const before = await selectAccount(database, organizationId, key);
  if (before !== undefined) return ownOr(before, user_id);
  const now = ctx.now();
  const row: ChatAccountRow = { organization_id: organizationId, ...key, account_name, user_id, linked_at: now };
  const entry = {
    action: 'chat_account.linked',
    resource_type: 'chat_account',
    resource_id: idOf(key),
    details: { account_name },
  };
  try {
    await database.batch([
      deleteLeftAccount(database, organizationId, key),
      insertAccount(database, row),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
  } catch (error) {
    const winner = uniqueViolation(error) === null ? undefined : await selectAccount(database, organizationId, key);
    if (winner === undefined) throw error;
    return ownOr(winner, user_id);
  }
  return present(row);
}

/** Throws `not_found` for an account that is not the caller's. */
export async function unlinkAccount(ctx: RequestContext, id: string): Promise<void> {
  const { env, organizationId, principal } = ctx;
  // A key has no accounts, so there is none of this id for it.
  if (principal.kind !== 'user') throw notFound('chat account', id);
  const { user_id } = principal;
  const database = db(env, organizationId);
  const own = (await selectAccountsOf(database, organizationId, user_id)).find((row) => idOf(row) === id);
  if (own === undefined) throw notFound('chat account', id);
  const entry = {
    action: 'chat_account.unlinked',
    resource_type: 'chat_account',
    resource_id: id,
    details: { account_name: own.account_name },
  };
  await database.batch([
    deleteAccount(database, organizationId, user_id, own),
    auditRow(database, organizationId, auditOrigin(ctx), entry, ctx.now()),
  ]);
}

function ownOr(row: ChatAccountRow, userId: string): ChatAccount {
  if (row.user_id === userId) return present(row);
  throw new ApiError('conflict', 'The account is connected to another member, who has to disconnect it first.');
}

async function claimsOf(ctx: RequestContext, token: string): Promise<ChatLinkClaims & { readonly expires_at: number }> {
  const verified = await verifyChatLink(ctx.env.AUTH_KEYS, token, ctx.now());
  if (!verified.ok) {
    if (verified.reason === 'invalid') throw invalid([{ path: 'token', message: 'is not of a link that we gave' }]);
    throw new ApiError('link_expired', 'Press the button in the chat again: it answers with a new link.');
  }
  if (verified.claims.organization_id !== ctx.organizationId) {
    const detail = 'The link is for another organization: switch to it, then open the link again.';
    throw new ApiError('forbidden', detail);
  }
  return verified.claims;
}

function present(row: ChatAccountRow): ChatAccount {
  return {
    id: idOf(row),
    platform: chatPlatform.parse(row.platform),
    workspace: teamOf(row),
    account_id: row.account_id,
    account_name: row.account_name,
    linked_at: new Date(row.linked_at).toISOString(),
  };
}

function idOf({ platform, workspace, account_id }: AccountKey): string {
  return `${platform}:${workspace}:${account_id}`;
}

/** Without the fingerprint of the key that vouches for the account. */
function teamOf({ workspace }: Pick<AccountKey, 'workspace'>): string {
  return workspace.split('.', 1)[0] ?? '';
}
