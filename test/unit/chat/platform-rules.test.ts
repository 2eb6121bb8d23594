import { describe, expect, it } from 'vitest';
import { discordRefusal } from '../../support/chat/discord.ts';
import { slackRefusal } from '../../support/chat/slack.ts';
import { teamsProblems } from '../../support/chat/teams.ts';
import { readTelegram, telegramMentions } from '../../support/chat/telegram.ts';
import { parseMarkdownV2 } from '../../support/chat/telegram-markdown.ts';

/** The mock platforms refuse what the real ones refuse: a suite that takes everything would prove nothing. */

describe('MarkdownV2', () => {
  it.each(
    [
      'a.b',
      'a-b',
      'a!',
      '*bold',
      '_it_alic_',
      '[x](y',
      'x]',
      '`code',
      '1 > 0',
      '#tag',
      '*a _b* c_',
      '~x',
      '||x',
      'a\\',
      '{x}',
      '(x)',
    ].map((text) => [text]),
  )('%j is refused', (text) => {
    const read = parseMarkdownV2(text);
    if (text === 'a\\') expect(read).toMatchObject({ ok: true });
    else expect(read).toMatchObject({ ok: false, description: expect.stringContaining("can't parse entities") });
  });

  it.each([
    ['a\\.b', 'a.b', []],
    ['*b* _i_ __u__ ~s~ ||p||', 'b i u s p', ['Bold', 'Italic', 'Underline', 'Strikethrough', 'Spoiler']],
    ['*a \\* b*', 'a * b', ['Bold']],
    ['[x \\[y\\]](https://a.example/\\))', 'x [y]', ['TextUrl']],
    ['>quote', 'quote', []],
    ['`a*b`', 'a*b', ['Code']],
  ])('%j is %j', (source, text, kinds) => {
    const read = parseMarkdownV2(source);
    expect(read).toMatchObject({ ok: true, text });
    expect(read.ok && read.entities.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('finds names, too long texts and too long buttons', () => {
    expect(telegramMentions('hello @durov and a@example')).toEqual(['durov']);
    expect(readTelegram({ chat_id: '1', text: 'x'.repeat(4097) })).toMatchObject({ ok: false });
    const reply_markup = { inline_keyboard: [[{ text: 'x', callback_data: 'x'.repeat(65) }]] };
    expect(readTelegram({ chat_id: '1', text: 'x', reply_markup })).toMatchObject({ ok: false });
    expect(readTelegram({ chat_id: '1', text: ' ' })).toMatchObject({ ok: false });
  });
});

it.each([
  ['nothing', {}],
  ['a header of 151', { blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] }],
  ['a section of 3001', { blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }] }],
  ['an empty text', { blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '' } }] }],
  ['eleven fields', { blocks: [{ type: 'section', fields: Array(11).fill({ type: 'mrkdwn', text: 'x' }) }] }],
  ['51 blocks', { blocks: Array(51).fill({ type: 'section', text: { type: 'mrkdwn', text: 'x' } }) }],
  ['an unknown block', { blocks: [{ type: 'footer' }] }],
  [
    'a long button',
    {
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'a', text: { type: 'plain_text', text: 'x'.repeat(76) } }],
        },
      ],
    },
  ],
])('Slack refuses %s', (_, payload) => {
  expect(slackRefusal(payload)).not.toBeNull();
});

it.each([
  ['nothing', {}],
  ['a content of 2001', { content: 'x'.repeat(2001) }],
  ['a title of 257', { embeds: [{ title: 'x'.repeat(257) }] }],
  ['a description of 4097', { embeds: [{ description: 'x'.repeat(4097) }] }],
  ['a value of 1025', { embeds: [{ fields: [{ name: 'x', value: 'x'.repeat(1025) }] }] }],
  ['a value of spaces', { embeds: [{ fields: [{ name: 'x', value: ' \n' }] }] }],
  ['26 fields', { embeds: [{ fields: Array(26).fill({ name: 'x', value: 'x' }) }] }],
  ['6001 characters in all', { embeds: [{ description: 'x'.repeat(3001) }, { description: 'x'.repeat(3000) }] }],
  ['a link that is none', { embeds: [{ title: 'x', url: 'javascript:alert(1)' }] }],
  ['its own name', { content: 'x', username: 'Discord' }],
])('Discord refuses %s', (_, payload) => {
  expect(discordRefusal(payload)).not.toBeNull();
});

const card = (content: object) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: { type: 'AdaptiveCard', version: '1.4', ...content },
    },
  ],
});

it.each([
  ['a bare text', { text: 'hello' }],
  ['the old cards', { '@type': 'MessageCard', text: 'x' }],
  ['28 KB', card({ body: [{ type: 'TextBlock', text: 'x'.repeat(29_000) }] })],
  ['an unknown element', card({ body: [{ type: 'Paragraph', text: 'x' }] })],
  [
    'an unknown colour',
    card({ body: [{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'x', color: 'red' }] }] }),
  ],
  ['an action without an address', card({ body: [], actions: [{ type: 'Action.OpenUrl', title: 'x' }] })],
])('Teams refuses %s', (_, payload) => {
  expect(teamsProblems(payload)).not.toEqual([]);
});
