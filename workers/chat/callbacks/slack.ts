import { z } from 'zod';
import { readActionValue } from '../messages/actions.ts';
import type { ChatApis, ConfigOf } from '../port.ts';
import {
  bytesOfHex,
  type CallbackReceiver,
  fieldsOf,
  isRecent,
  jsonRequest,
  type Note,
  type Press,
  type PressResult,
  parsedJson,
  type RawCallback,
} from './port.ts';

const slackId = z.string().regex(/^[A-Z0-9]{1,40}$/);

/** https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
const blockActions = z.object({
  type: z.literal('block_actions'),
  user: z.object({
    id: slackId,
    username: z.string().optional(),
    name: z.string().optional(),
    team_id: slackId.optional(),
  }),
  team: z.object({ id: slackId }).nullish(),
  actions: z.array(z.object({ value: z.string().optional() })).min(1),
  response_url: z.url(),
});

const HOOKS = /^https:\/\/hooks\.slack(-gov)?\.com$/;

/** Presses of a Slack app's buttons, signed as https://docs.slack.dev/authentication/verifying-requests-from-slack has it. */
export function slackReceiver(config: ConfigOf<'slack'>, apis: ChatApis): CallbackReceiver | null {
  const secret = config.signing_secret;
  if (secret === undefined) return null;
  return {
    key: secret,
    verify: (raw, now) => isSigned(secret, raw, now),
    read({ body }) {
      const payload = new URLSearchParams(body).get('payload');
      const parsed = blockActions.safeParse(payload === null ? null : parsedJson(payload));
      if (!parsed.success) return { kind: 'answered', body: null };
      const { user, team, actions, response_url } = parsed.data;
      const value = actions[0]?.value;
      // A button that opens an address is told, too.
      if (value === undefined) return { kind: 'answered', body: null };
      if (!isSlack(response_url, apis)) return null;
      const press: Press = {
        person: { team: user.team_id ?? team?.id ?? '', id: user.id, name: user.username ?? user.name ?? user.id },
        action: readActionValue(value),
        answer: (result) => ({ body: null, later: (call) => respond(response_url, result, call) }),
      };
      return { kind: 'press', press };
    },
  };
}

async function isSigned(secret: string, { headers, body }: RawCallback, now: number): Promise<boolean> {
  const timestamp = headers.get('x-slack-request-timestamp');
  const signature = bytesOfHex((headers.get('x-slack-signature') ?? '').replace(/^v0=/, ''), 32);
  if (!isRecent(timestamp, now) || signature === null) return false;
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['verify']);
  return crypto.subtle.verify('HMAC', key, signature, encoder.encode(`v0:${timestamp}:${body}`));
}

/** Whoever has the signing secret can name any address: nothing but Slack is called. */
function isSlack(url: string, apis: ChatApis): boolean {
  const { origin } = new URL(url);
  return HOOKS.test(origin) || origin === new URL(apis.slack).origin;
}

async function respond(
  url: string,
  { message, note }: PressResult,
  call: (request: ReturnType<typeof jsonRequest>) => Promise<unknown>,
): Promise<void> {
  if (message !== null) {
    const content = fieldsOf(message, ['text', 'blocks', 'attachments', 'unfurl_links', 'unfurl_media']);
    await call(jsonRequest(url, { ...content, replace_original: true }));
  }
  if (note !== null) {
    await call(jsonRequest(url, { response_type: 'ephemeral', replace_original: false, text: textOf(note) }));
  }
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function textOf({ text, link }: Note): string {
  return link === null ? escaped(text) : `${escaped(text)}\n<${link.url}|${escaped(link.label)}>`;
}
