import type { JsonValue } from '@agentflow/contracts';
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
  type PressResult,
  parsedJson,
  type RawCallback,
} from './port.ts';

/** Types of interactions and of answers to them: https://discord.com/developers/docs/interactions/receiving-and-responding */
const PING = 1;
const MESSAGE_COMPONENT = 3;
const PONG = 1;
const CHANNEL_MESSAGE = 4;
const UPDATE_MESSAGE = 7;
const EPHEMERAL = 64;

const snowflake = z.string().regex(/^\d{1,25}$/);
const user = z.object({ id: snowflake, username: z.string(), global_name: z.string().nullish() });

const interaction = z.object({
  type: z.number().int(),
  application_id: snowflake,
  token: z.string().regex(/^[\w.=-]{1,400}$/),
  data: z.object({ custom_id: z.string() }).optional(),
  /** In a server; in direct messages the user stands alone. */
  member: z.object({ user }).optional(),
  user: user.optional(),
});

/** Presses of a Discord application's buttons. Discord itself tries bad signatures, and takes away an endpoint that passes them. */
export function discordReceiver(config: ConfigOf<'discord'>, apis: ChatApis): CallbackReceiver | null {
  const publicKey = config.public_key;
  if (publicKey === undefined) return null;
  return {
    key: publicKey.toLowerCase(),
    verify: (raw, now) => isSigned(publicKey, raw, now),
    read({ body }) {
      const json = parsedJson(body);
      if (z.object({ type: z.literal(PING) }).safeParse(json).success) {
        return { kind: 'answered', body: { type: PONG } };
      }
      const parsed = interaction.safeParse(json);
      if (!parsed.success) return null;
      const { type, application_id, token, data, member } = parsed.data;
      const person = member?.user ?? parsed.data.user;
      if (type !== MESSAGE_COMPONENT || person === undefined) {
        return { kind: 'answered', body: ephemeral({ text: 'There is nothing to be done here.', link: null }) };
      }
      const followUp = `${apis.discord.replace(/\/+$/, '')}/webhooks/${application_id}/${token}`;
      const press = {
        person: { team: '', id: person.id, name: person.username },
        action: readActionValue(data?.custom_id ?? ''),
        answer: (result: PressResult) => answer(result, followUp),
      };
      return { kind: 'press', press };
    },
  };
}

async function isSigned(publicKey: string, { headers, body }: RawCallback, now: number): Promise<boolean> {
  const timestamp = headers.get('x-signature-timestamp');
  const signature = bytesOfHex(headers.get('x-signature-ed25519') ?? '', 64);
  const raw = bytesOfHex(publicKey, 32);
  if (!isRecent(timestamp, now) || signature === null || raw === null) return false;
  const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']).catch(() => null);
  if (key === null) return false;
  return crypto.subtle.verify('Ed25519', key, signature, new TextEncoder().encode(timestamp + body));
}

function answer({ message, note }: PressResult, followUp: string) {
  if (message === null) {
    return { body: note === null ? { type: 6 } : ephemeral(note), later: null };
  }
  const data = { ...fieldsOf(message, ['content', 'embeds', 'allowed_mentions']), components: [] };
  return {
    body: { type: UPDATE_MESSAGE, data } as JsonValue,
    later:
      note === null
        ? null
        : async (call: (request: ReturnType<typeof jsonRequest>) => Promise<unknown>) => {
            await call(jsonRequest(followUp, content(note)));
          },
  };
}

function ephemeral(note: Note): JsonValue {
  return { type: CHANNEL_MESSAGE, data: content(note) };
}

function content({ text, link }: Note): JsonValue {
  const button = link === null ? [] : [{ type: 2, style: 5, label: link.label, url: link.url }];
  return {
    flags: EPHEMERAL,
    content: text.replace(/[\\`*_~|<>[\]()#]/g, '\\$&'),
    allowed_mentions: { parse: [] },
    components: button.length === 0 ? [] : [{ type: 1, components: button }],
  };
}
