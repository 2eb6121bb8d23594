import { webhookBody } from '@agentflow/contracts';
import { z } from 'zod';
import { discordRefusal, discordTexts } from '../../support/chat/discord.ts';
import { slackRefusal, slackTexts } from '../../support/chat/slack.ts';
import { teamsProblems, teamsTexts } from '../../support/chat/teams.ts';
import { readTelegram, telegramMentions } from '../../support/chat/telegram.ts';
import { conforms, type PlatformUnderTest, requireAll } from './conformance.ts';

const OWN_ADDRESS = 'https://flows.example/';

const slack: PlatformUnderTest = {
  platform: 'slack',
  configs: [
    { platform: 'slack', bot_token: 'xoxb-1', channel: '#ops', signing_secret: '0'.repeat(32) },
    { platform: 'slack', webhook_url: 'https://hooks.slack.com/services/T1/B1/x' },
  ],
  wrong: [['bot_token', { platform: 'slack', bot_token: 'abcdefgh', channel: 'C1' }]],
  refusals: (payload) => [slackRefusal(payload)].filter((error) => error !== null),
  markup(payload) {
    const texts = slackTexts(payload);
    const open = texts.filter(({ text }) => /[<>]|&(?!(amp|lt|gt);)/.test(text));
    // What is looked through for markup is ours: names of facts, and the text of notifications, which says so itself.
    const own = { ...(payload as object), blocks: undefined };
    const looked = texts.filter(({ text, markup }) => markup && !slackTexts(own).some((each) => each.text === text));
    const bold = looked.filter(({ text }) => !/^\*[^*_~`]+\*$/.test(text));
    const unfurls = (payload as { mrkdwn?: unknown }).mrkdwn === false ? [] : ['mrkdwn is on'];
    return [...open.map(({ text }) => text), ...bold.map(({ text }) => text), ...unfurls];
  },
  texts: (payload) => slackTexts(payload).map(({ text }) => text),
  buttons: (payload) => {
    const { blocks = [] } = payload as { blocks?: { elements?: { value?: string }[] }[] };
    return blocks.flatMap(({ elements = [] }) => elements.flatMap(({ value }) => value ?? []));
  },
};

const discord: PlatformUnderTest = {
  platform: 'discord',
  configs: [
    { platform: 'discord', bot_token: 'a-bot-token', channel_id: '123456', public_key: 'ab'.repeat(32) },
    { platform: 'discord', webhook_url: 'https://discord.com/api/webhooks/123/a-token_1', username: 'AgentFlow' },
  ],
  wrong: [
    ['webhook_url', { platform: 'discord', webhook_url: 'https://discord.com/channels/1/2' }],
    [
      'username',
      { platform: 'discord', webhook_url: 'https://discord.com/api/webhooks/123/x', username: 'My Discord' },
    ],
    ['username', { platform: 'discord', webhook_url: 'https://discord.com/api/webhooks/123/x', username: 'everyone' }],
  ],
  refusals: (payload) =>
    [discordRefusal(payload)].filter((error) => error !== null).map((error) => JSON.stringify(error)),
  markup(payload) {
    const { allowed_mentions } = payload as { allowed_mentions?: { parse?: unknown[] } };
    const on = allowed_mentions?.parse?.length === 0 ? [] : ['mentions are on'];
    return [
      ...on,
      ...discordTexts(payload).filter((text) =>
        /[*_~`|<@[\]()>#]/.test(text.replace(/\\[^A-Za-z0-9\s]|<https:\/\/flows\.example\/\S+>$/g, '')),
      ),
    ];
  },
  texts: discordTexts,
  buttons: (payload) => {
    const { components = [] } = payload as { components?: { components: { custom_id: string }[] }[] };
    return components.flatMap((row) => row.components.map(({ custom_id }) => custom_id));
  },
};

const telegram: PlatformUnderTest = {
  platform: 'telegram',
  configs: [
    { platform: 'telegram', bot_token: `123456:${'A'.repeat(35)}`, chat_id: '-1001234' },
    { platform: 'telegram', bot_token: `123456:${'A'.repeat(35)}`, chat_id: '@channel' },
  ],
  wrong: [['bot_token', { platform: 'telegram', bot_token: 'not-a-token', chat_id: '1' }]],
  refusals(payload) {
    const reading = readTelegram(payload);
    return reading.ok ? [] : [reading.description];
  },
  markup(payload) {
    const reading = readTelegram(payload);
    if (!reading.ok) return [];
    const odd = reading.entities.filter(({ kind, url }) => kind !== 'Bold' && !url?.startsWith(OWN_ADDRESS));
    return [...odd.map(({ kind, text }) => `${kind} ${text}`), ...telegramMentions(reading.text)];
  },
  texts(payload) {
    const reading = readTelegram(payload);
    return reading.ok ? [reading.text] : [];
  },
  buttons: (payload) => {
    const { reply_markup } = payload as { reply_markup?: { inline_keyboard: { callback_data: string }[][] } };
    return (reply_markup?.inline_keyboard ?? []).flat().map(({ callback_data }) => callback_data);
  },
};

const teams: PlatformUnderTest = {
  platform: 'teams',
  configs: [{ platform: 'teams', webhook_url: 'https://x.environment.api.powerplatform.com/workflows/1?sig=a' }],
  wrong: [],
  refusals: teamsProblems,
  markup(payload) {
    const texts = teamsTexts(payload).filter(({ markup }) => markup);
    return [...texts.map(({ text }) => text), ...(JSON.stringify(payload).includes('"entities"') ? ['entities'] : [])];
  },
  texts: (payload) => teamsTexts(payload).map(({ text }) => text),
  buttons: () => null,
};

const generic: PlatformUnderTest = {
  platform: 'generic',
  configs: [
    { platform: 'generic', webhook_url: 'https://receiver.example/hook', secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZg==' },
  ],
  wrong: [],
  refusals(payload) {
    const parsed = webhookBody.safeParse(payload);
    const size = JSON.stringify(payload).length > 120_000 ? ['more than 120 KB of JSON'] : [];
    return parsed.success ? size : [parsed.error.message];
  },
  markup: () => [],
  texts: (payload) => {
    const { message } = payload as { message: { title: string; text: string; facts: { value: string }[] } };
    return [message.title, message.text, ...message.facts.map(({ value }) => value)];
  },
  buttons: () => null,
};

const mail = z.strictObject({
  to: z.array(z.email()).min(1),
  subject: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}]*$/u),
  text: z.string().min(1).max(100_000),
  html: z.string().max(400_000),
});
type Mail = z.infer<typeof mail>;
/** Every tag that the adapter itself writes; nothing of a foreign text may look like another one. */
const OWN_TAGS =
  /<!doctype html>|<\/?(html|head|title|body|h1|p|table|tr|td|th|a)( (lang|style|align|href)="[^"<>]*")*>|<meta charset="utf-8">/g;

const email: PlatformUnderTest = {
  platform: 'email',
  configs: [{ platform: 'email', to: ['dana@example.com', 'ada@example.com'] }],
  wrong: [['to.1', { platform: 'email', to: ['dana@example.com', 'dana@example.com'] }]],
  refusals(payload) {
    const parsed = mail.safeParse(payload);
    return parsed.success ? [] : [parsed.error.message];
  },
  markup(payload) {
    const { html } = payload as Mail;
    const rest = html.replace(OWN_TAGS, '');
    const links = [...html.matchAll(/href="([^"]*)"/g)].map((match) => match[1] as string);
    return [...(rest.match(/[<>].{0,40}/g) ?? []), ...links.filter((link) => !link.startsWith(OWN_ADDRESS))];
  },
  texts: (payload) => [(payload as Mail).subject, (payload as Mail).text, (payload as Mail).html],
  buttons: () => null,
};

const PLATFORMS = [teams, discord, slack, telegram, generic, email];
requireAll(PLATFORMS.map(({ platform }) => platform));
for (const platform of PLATFORMS) conforms(platform);
