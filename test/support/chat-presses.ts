import { env } from 'cloudflare:workers';
import type { ChatConfig, NotificationChannel } from '@agentflow/contracts';
import { expect, inject } from 'vitest';
import { telegramSecrets } from '../../workers/platform/chat-callbacks.ts';
import { hexOf } from '../../workers/platform/digest.ts';
import { api, type Member, ORIGIN, rawApi } from './api.ts';
import { discordRefusal } from './chat/discord.ts';
import { type ReceivedMessage, receivedMessages } from './chat-servers.ts';
import { eventually } from './eventually.ts';

/** Whoever presses a button, as their platform knows them. */
export interface Presser {
  readonly id: string;
  readonly name: string;
}

/** What came of a press, as far as it is there. */
export interface Reply {
  readonly status: number;
  /** The message as it is now, as JSON; null where it was left as it is. */
  readonly updated: string | null;
  /** What was shown to whoever pressed, with its link. */
  readonly note: string | null;
  readonly link: string | null;
}

interface PressOptions {
  /** Milliseconds since the epoch; now where left out. */
  readonly at?: number;
  /** Breaks what the platform signs with. */
  readonly forged?: boolean;
  /** The organization whose callback is called; the channel's own where left out. */
  readonly organizationId?: string;
}

/** A channel with buttons on a mock platform. */
export interface ButtonChannel {
  readonly id: string;
  readonly platform: 'slack' | 'discord' | 'telegram';
  readonly config: ChatConfig;
  readonly key: string;
  /** The values of the buttons of the message that asks for an approval. */
  asked(approvalId: string): Promise<{ readonly approve: string; readonly deny: string }>;
  /** Presses, and waits until there is what `until` wants. */
  press(value: string, presser: Presser, until: (reply: Reply) => boolean, options?: PressOptions): Promise<Reply>;
}

type Send = (value: string, presser: Presser, options: PressOptions) => Promise<() => Promise<Reply>>;

const digits = () => String(Math.floor(1e11 + Math.random() * 8e11));
const encoder = new TextEncoder();

async function makeChannel(owner: Member, config: object): Promise<string> {
  const body = { name: 'Approvals', config, events: ['approval.requested'], buttons: true };
  const made = await api<NotificationChannel>('/notification-channels', { token: owner.token, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  await eventually(() => env.DB.prepare('SELECT 1 FROM subscriptions WHERE id = ?').bind(made.body.id).first());
  return made.body.id;
}

function channelOf(
  platform: ButtonChannel['platform'],
  id: string,
  config: object,
  key: string,
  { chat, send }: { readonly chat: string; readonly send: Send },
): ButtonChannel {
  return {
    id,
    platform,
    config: { platform, ...config } as ChatConfig,
    key,
    asked: (approvalId) =>
      eventually(async () => {
        const text = (await receivedMessages(chat)).map(({ body }) => body).join('\n');
        const value = (decision: string) => new RegExp(`${decision}:${approvalId}:[0-9a-f]{16}`).exec(text)?.[0];
        const [approve, deny] = [value('approve'), value('deny')];
        return approve === undefined || deny === undefined ? null : { approve, deny };
      }),
    press: async (value, presser, until, options = {}) => {
      const reply = await send(value, presser, options);
      return eventually(async () => {
        const now = await reply();
        return until(now) ? now : null;
      });
    },
  };
}

const callback = (owner: Member, id: string, { organizationId }: PressOptions) =>
  `/chat-callbacks/${organizationId ?? owner.organization_id}/${id}`;

async function refused(response: Response): Promise<Reply> {
  await response.arrayBuffer();
  return { status: response.status, updated: null, note: null, link: null };
}

/** @param key the app's signing secret */
export async function slackChannel(
  owner: Member,
  key = hexOf(crypto.getRandomValues(new Uint8Array(16))),
): Promise<ButtonChannel> {
  const chat = `C${digits()}`;
  const config = { bot_token: 'xoxb-mock-token', channel: chat, signing_secret: key };
  const id = await makeChannel(owner, { platform: 'slack', ...config });
  const send: Send = async (value, presser, options) => {
    const name = `R${crypto.randomUUID()}`;
    const payload = {
      type: 'block_actions',
      user: { id: presser.id, username: presser.name, name: presser.name, team_id: 'T0123' },
      team: { id: 'T0123', domain: 'example' },
      actions: [{ type: 'button', action_id: value.split(':')[0], value }],
      response_url: `${inject('chatPlatformsUrl')}/slack/response/${name}`,
    };
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    const timestamp = String(Math.floor((options.at ?? Date.now()) / 1000));
    const signature = await hmacHex(options.forged === true ? 'another secret' : key, `v0:${timestamp}:${body}`);
    const response = await rawApi(callback(owner, id, options), {
      body,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
      },
    });
    if (response.status !== 200) return () => refused(response);
    expect(await response.text()).toBe('');
    return async () => slackReply(await receivedMessages(name));
  };
  return channelOf('slack', id, config, key, { chat, send });
}

/** What the platform has not taken shows nobody anything. */
function expectTaken(received: readonly ReceivedMessage[]): void {
  for (const { status, answer, body } of received) expect(status, `${answer}: ${body}`).toBe(200);
}

function slackReply(received: readonly ReceivedMessage[]): Reply {
  expectTaken(received);
  const update = received.find(({ message }) => message.replace_original === true);
  const note = received.find(({ message }) => message.response_type === 'ephemeral');
  const text = note === undefined ? null : String(note.message.text);
  const link = /<(https?:[^|>]+)\|/.exec(text ?? '')?.[1] ?? null;
  return { status: 200, updated: update?.body ?? null, note: text, link };
}

async function hmacHex(secret: string, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  return hexOf(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))));
}

export async function discordChannel(
  owner: Member,
): Promise<ButtonChannel & { ping: (forged: boolean) => Promise<Response> }> {
  const chat = digits();
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const other = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer;
  const key = hexOf(new Uint8Array(raw));
  const config = { bot_token: 'mock-bot-token', channel_id: chat, public_key: key };
  const id = await makeChannel(owner, { platform: 'discord', ...config });
  const post = async (interaction: object, options: PressOptions) => {
    const body = JSON.stringify(interaction);
    const timestamp = String(Math.floor((options.at ?? Date.now()) / 1000));
    const signer = options.forged === true ? other.privateKey : pair.privateKey;
    const signature = await crypto.subtle.sign('Ed25519', signer, encoder.encode(timestamp + body));
    return rawApi(callback(owner, id, options), {
      body,
      headers: {
        'content-type': 'application/json',
        'x-signature-timestamp': timestamp,
        'x-signature-ed25519': hexOf(new Uint8Array(signature)),
      },
    });
  };
  const send: Send = async (value, presser, options) => {
    const token = `interaction-${crypto.randomUUID()}`;
    const user = { id: presser.id, username: presser.name, global_name: null };
    const interaction = { type: 3, id: digits(), application_id: '4455', token, guild_id: '99', member: { user } };
    const response = await post({ ...interaction, data: { custom_id: value, component_type: 2 } }, options);
    if (response.status !== 200) return () => refused(response);
    const answer = (await response.json()) as DiscordAnswer;
    return async () => discordReply(answer, await receivedMessages(token));
  };
  const ping = (forged: boolean) => post({ type: 1, id: digits(), application_id: '4455', token: 'x' }, { forged });
  return { ...channelOf('discord', id, config, key, { chat, send }), ping };
}

interface DiscordContent {
  readonly content?: string;
  readonly flags?: number;
  readonly components?: readonly { readonly components: readonly { readonly url?: string }[] }[];
}
interface DiscordAnswer {
  readonly type: number;
  readonly data?: DiscordContent;
}

function discordReply({ type, data }: DiscordAnswer, followUps: readonly ReceivedMessage[]): Reply {
  const updated = type === 7 ? JSON.stringify(data) : null;
  const note = type === 4 ? data : (followUps[0]?.message as DiscordContent | undefined);
  if (data !== undefined) expect(discordRefusal(data), JSON.stringify(data)).toBeNull();
  for (const { status, answer } of followUps) expect(status, answer).toBeLessThan(300);
  if (note !== undefined) expect(note.flags).toBe(64);
  const link = note?.components?.[0]?.components[0]?.url ?? null;
  return { status: 200, updated, note: note?.content ?? null, link };
}

export async function telegramChannel(
  owner: Member,
  token = `${digits()}:${crypto.randomUUID()}`,
): Promise<ButtonChannel & { readonly token: string }> {
  const chat = `-${digits()}`;
  const config = { bot_token: token, chat_id: chat };
  const id = await makeChannel(owner, { platform: 'telegram', ...config });
  const [secret] = await telegramSecrets(env.AUTH_KEYS, owner.organization_id, id);
  const send: Send = async (value, presser, options) => {
    const query = crypto.randomUUID();
    const from = { id: Number(presser.id), is_bot: false, first_name: presser.name };
    const message = { message_id: 77, chat: { id: Number(chat), type: 'group' } };
    const before = (await receivedMessages(chat)).length;
    const response = await rawApi(callback(owner, id, options), {
      body: { update_id: 1, callback_query: { id: query, from, message, chat_instance: '1', data: value } },
      headers: { 'x-telegram-bot-api-secret-token': options.forged === true ? 'another' : secret },
    });
    if (response.status !== 200) return () => refused(response);
    return async () => {
      const edits = (await receivedMessages(chat))
        .slice(before)
        .filter(({ path }) => path.endsWith('/editMessageText'));
      const answers = (await receivedMessages(token)).filter(({ message: each }) => each.callback_query_id === query);
      const [sent] = (await receivedMessages(presser.id)).slice(-1);
      expectTaken([...edits, ...answers]);
      const note = answers[0]?.message.text;
      const link = /https?:\S+/.exec(String(sent?.message.text ?? ''))?.[0] ?? null;
      return { status: 200, updated: edits[0]?.body ?? null, note: note === undefined ? null : String(note), link };
    };
  };
  return { ...channelOf('telegram', id, config, '', { chat, send }), token };
}

/** A person on every platform that this is the id of. */
export function somebody(name = 'marta'): Presser {
  return { id: digits(), name };
}

/** Connects the account of a link that a press was answered with. */
export async function connect(member: Member, { link }: Reply): Promise<void> {
  expect(link).toMatch(new RegExp(`^${ORIGIN}/dashboard/settings/chat-accounts\\?token=`));
  const token = new URL(String(link)).searchParams.get('token');
  const linked = await api('/chat-accounts/link', { token: member.token, body: { token } });
  expect(linked.status, JSON.stringify(linked.body)).toBe(200);
}
