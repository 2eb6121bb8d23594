import { type ChatConfig, type Decider, decisionBarrier, type MessageTemplates } from '@agentflow/contracts';
import type { ApprovalView } from '../../../durable-objects/execution/client.ts';
import type { Note, Press, PressResult } from '../../chat/index.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { sha256Hex } from '../../platform/digest.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { signChatLink } from '../../platform/tokens.ts';
import { memberNow } from '../accounts/index.ts';
import { approvalNow, decideAs, memberDecider } from '../approvals/index.ts';
import { decidedPayload } from './decided-message.ts';
import { type AccountKey, selectAccount } from './queries.ts';
import { PLATFORM_NAMES, refusalWords, WORDS } from './words.ts';

export type CallbackContext = Pick<
  RequestContext,
  'env' | 'organizationId' | 'ip' | 'requestId' | 'log' | 'now' | 'waitUntil'
> & {
  /** Where people reach the UI. */
  readonly origin: string;
};

/** The channel whose callback was called. */
export interface PressedChannel {
  readonly id: string;
  readonly config: ChatConfig;
  /** See `CallbackReceiver`. */
  readonly key: string;
  readonly templates: MessageTemplates;
  readonly takesDecisions: boolean;
}

type Member = NonNullable<Awaited<ReturnType<typeof memberNow>>>;

/** Of the key that vouches for an account: too long for another key to be found with the same. */
const FINGERPRINT_CHARACTERS = 24;

/** What a press comes to: the decision of the member whose account it is, by the rules of the UI, or why not in words. */
export async function pressed(ctx: CallbackContext, channel: PressedChannel, press: Press): Promise<PressResult> {
  const { action } = press;
  if (action === null) return only(WORDS.unknownButton);
  if (!channel.takesDecisions) return only(WORDS.switchedOff, openApproval(ctx, action.approval_id));
  const account = await accountOf(channel, press);
  const member = await memberOf(ctx, account);
  if (member === null) return only(WORDS.notConnected(channel.config.platform), await linkOf(ctx, account, press));
  const open = openApproval(ctx, action.approval_id);
  if (!member.addresses.allows(ctx.ip)) return only(WORDS.address(channel.config.platform), open);
  const approval = await approvalNow(ctx.env, ctx.organizationId, action.approval_id);
  if (approval === null) return only(WORDS.gone);
  if (!approval.action_hash.startsWith(action.action_hash_start)) return only(WORDS.changed, open);
  const decider = await memberDecider(ctx.env, ctx.organizationId, member);
  const barrier = decisionBarrier(approval, approval.requested_by, decider);
  if (barrier !== null) return only(WORDS.barriers[barrier]);
  if (approval.status !== 'pending') return closed(ctx, channel, approval);
  if (approval.form_schema !== null) return only(WORDS.form, open);
  return decide(ctx, channel, { approval, decider, decision: action.decision, account, press });
}

interface Decision {
  readonly approval: ApprovalView;
  readonly decider: Decider;
  readonly decision: 'approve' | 'deny';
  readonly account: AccountKey;
  readonly press: Press;
}

async function decide(
  ctx: CallbackContext,
  channel: PressedChannel,
  { approval, decider, decision, account, press }: Decision,
): Promise<PressResult> {
  const { id, execution_id, action_hash } = approval;
  const origin = { ...ctx, ip: '', userAgent: originOf(channel, account, press), actor: decider.actor };
  const request = { decision, comment: '', action_hash };
  try {
    const missing = () => notFound('approval', id);
    const decided = await decideAs(origin, decider, execution_id, { approval_id: id }, request, missing);
    ctx.log.log('info', 'chat.decided', { approval_id: id, decision, platform: channel.config.platform });
    return { message: await decidedPayload(ctx, channel, decided), note: null };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Somebody else was faster, or the execution has ended meanwhile.
    const now = await approvalNow(ctx.env, ctx.organizationId, id);
    if (now !== null && now.status !== 'pending') return closed(ctx, channel, now);
    return only(error.message, openApproval(ctx, id));
  }
}

async function closed(ctx: CallbackContext, channel: PressedChannel, approval: ApprovalView): Promise<PressResult> {
  return { message: await decidedPayload(ctx, channel, approval), note: { text: refusalWords(approval), link: null } };
}

function only(text: string, link: Note['link'] = null): PressResult {
  return { message: null, note: { text, link } };
}

function openApproval({ origin }: CallbackContext, approvalId: string): Note['link'] {
  return { label: 'Open in AgentFlow', url: `${origin}/dashboard/approvals?approval=${approvalId}` };
}

async function accountOf({ config, key }: PressedChannel, { person }: Press): Promise<AccountKey> {
  const fingerprint = key === '' ? '' : `.${(await sha256Hex(`chat:${key}`)).slice(0, FINGERPRINT_CHARACTERS)}`;
  return { platform: config.platform, workspace: person.team + fingerprint, account_id: person.id };
}

/** The account's member with the role and the name of this moment. */
async function memberOf({ env, organizationId }: CallbackContext, account: AccountKey): Promise<Member | null> {
  const row = await selectAccount(db(env, organizationId), organizationId, account);
  return row === undefined ? null : memberNow(env, organizationId, row.user_id);
}

async function linkOf(ctx: CallbackContext, account: AccountKey, { person }: Press): Promise<Note['link']> {
  const claims = { organization_id: ctx.organizationId, ...account, account_name: person.name.slice(0, 100) };
  const token = await signChatLink(ctx.env.AUTH_KEYS, claims, ctx.now());
  return { label: 'Connect my account', url: `${ctx.origin}/dashboard/settings/chat-accounts?token=${token}` };
}

/** In the place of the browser in the audit log. */
function originOf({ id, config }: PressedChannel, { account_id }: AccountKey, { person }: Press): string {
  const team = person.team === '' ? '' : ` of ${person.team}`;
  return `${PLATFORM_NAMES[config.platform]}: ${person.name} (${account_id}${team}), channel ${id}`.slice(0, 400);
}
