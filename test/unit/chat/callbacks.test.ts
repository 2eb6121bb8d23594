import { describe, expect, it } from 'vitest';
import { callbackReceiver, type PlatformCall, type RawCallback } from '../../../workers/chat/index.ts';

const apis = {
  slack: 'https://slack.com/api',
  discord: 'https://discord.com/api/v10',
  telegram: 'https://api.telegram.org',
};
const context = { apis, telegramSecrets: ['the-secret'] };
const VALUE = `approve:apr_${'0'.repeat(26)}:${'a'.repeat(16)}`;

function receiver(config: Parameters<typeof callbackReceiver>[0]) {
  const made = callbackReceiver(config, context);
  if (made === null) throw new Error('it takes no calls');
  return made;
}

const slack = receiver({
  platform: 'slack',
  bot_token: 'xoxb-1',
  channel: '#a',
  signing_secret: '8f742231b10e8888abcd99yyyzzz85a5',
});
const raw = (body: string, headers: Record<string, string> = {}): RawCallback => ({
  body,
  headers: new Headers(headers),
});

function slackPress(more: object = {}, action: object = { value: VALUE }) {
  const payload = {
    type: 'block_actions',
    user: { id: 'U1', username: 'dana', team_id: 'T1' },
    team: { id: 'T1' },
    actions: [{ type: 'button', action_id: 'approve', ...action }],
    response_url: 'https://hooks.slack.com/actions/T1/1/x',
    ...more,
  };
  return raw(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
}

/** Calls that an answer makes afterwards, each answered alike. */
async function callsOf(later: ((call: PlatformCall) => Promise<void>) | null, status = 200) {
  const calls: { url: string; body: Record<string, unknown> }[] = [];
  await later?.(async ({ url, body }) => {
    calls.push({ url, body: JSON.parse(body) });
    return { status, headers: {}, body: '' };
  });
  return calls;
}

describe('Slack’s calls', () => {
  // The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
  const body =
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
  const timestamp = '1531420618';
  const signature = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
  const at = Number(timestamp) * 1000;
  const signed = (more: Record<string, string> = {}, text = body) =>
    raw(text, { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature, ...more });

  it('are verified as Slack’s own example is', async () => {
    expect(await slack.verify(signed(), at)).toBe(true);
    expect(await slack.verify(signed(), at + 299_000)).toBe(true);
    expect(await slack.verify(signed(), at + 301_000)).toBe(false);
    expect(await slack.verify(signed({}, `${body}x`), at)).toBe(false);
    expect(await slack.verify(signed({ 'x-slack-request-timestamp': '1531420619' }), at)).toBe(false);
    for (const wrong of ['', 'v0=', 'v0=zz', `v0=${'0'.repeat(64)}`, signature.slice(0, -2)]) {
      expect(await slack.verify(signed({ 'x-slack-signature': wrong }), at)).toBe(false);
    }
    expect(await slack.verify(raw(body), at)).toBe(false);
  });

  it('are answered at Slack and nowhere else', () => {
    const urls = [
      'http://hooks.slack.com/x',
      'https://hooks.slack.com.evil.example/x',
      'https://10.0.0.1/',
      'https://slack.co/',
    ];
    for (const response_url of urls) expect(slack.read(slackPress({ response_url }))).toBeNull();
    expect(slack.read(slackPress())).toMatchObject({ kind: 'press' });
  });

  it('that tell of a link that was opened, or of nothing that is known, are taken silently', () => {
    expect(slack.read(slackPress({}, { value: undefined }))).toEqual({ kind: 'answered', body: null });
    expect(slack.read(slackPress({ type: 'view_submission' }))).toEqual({ kind: 'answered', body: null });
    for (const nonsense of ['', 'payload=', 'payload=null', 'payload={', 'payload=[1]', '{"a":1}']) {
      expect(slack.read(raw(nonsense))).toEqual({ kind: 'answered', body: null });
    }
  });

  it('are answered with text that mentions nobody and forms no link of its own', async () => {
    const called = slack.read(slackPress());
    if (called?.kind !== 'press') throw new Error('it is no press');
    const note = {
      text: '<!channel> <https://evil.example|here> & more',
      link: { label: 'Open', url: 'https://a.example/?x=1' },
    };
    const [call] = await callsOf(called.press.answer({ message: null, note }).later);
    expect(call).toEqual({
      url: 'https://hooks.slack.com/actions/T1/1/x',
      body: {
        response_type: 'ephemeral',
        replace_original: false,
        text: '&lt;!channel&gt; &lt;https://evil.example|here&gt; &amp; more\n<https://a.example/?x=1|Open>',
      },
    });
  });
});

describe('Discord’s calls', () => {
  const discord = receiver({
    platform: 'discord',
    bot_token: 'abcdef',
    channel_id: '12345',
    public_key: '00'.repeat(32),
  });
  const interaction = {
    type: 3,
    application_id: '1',
    token: 'abc',
    data: { custom_id: VALUE },
    user: { id: '5', username: 'dana' },
  };

  it('never pass with a key that is none', async () => {
    const headers = { 'x-signature-timestamp': '1700000000', 'x-signature-ed25519': '00'.repeat(64) };
    expect(await discord.verify(raw('{}', headers), 1_700_000_000_000)).toBe(false);
  });

  it('come from direct messages, too; other kinds are answered in words', () => {
    const press = discord.read(raw(JSON.stringify(interaction)));
    expect(press).toMatchObject({ kind: 'press', press: { person: { id: '5', name: 'dana', team: '' } } });
    expect(discord.read(raw(JSON.stringify({ ...interaction, type: 2 })))).toMatchObject({
      kind: 'answered',
      body: { type: 4 },
    });
    for (const body of ['', '[]', '{"type":3}', '{"type":"1"}']) expect(discord.read(raw(body))).toBeNull();
  });

  it('are answered without markup and mentions', () => {
    const called = discord.read(raw(JSON.stringify(interaction)));
    if (called?.kind !== 'press') throw new Error('it is no press');
    const answer = called.press.answer({
      message: null,
      note: { text: '[x](https://evil.example) @everyone **b**', link: null },
    });
    expect(answer).toMatchObject({
      later: null,
      body: { type: 4, data: { flags: 64, allowed_mentions: { parse: [] } } },
    });
    expect(JSON.stringify(answer.body)).not.toContain('[x](');
  });
});

describe('Telegram’s calls', () => {
  const telegram = receiver({ platform: 'telegram', bot_token: '1:token', chat_id: '1' });
  const query = {
    id: 'q1',
    from: { id: 7, first_name: 'Dana' },
    message: { message_id: 3, chat: { id: -5 } },
    data: VALUE,
  };

  it('that are no presses are taken silently', () => {
    expect(telegram.read(raw('{"update_id":1,"message":{}}'))).toEqual({ kind: 'answered', body: null });
    for (const body of ['', '[]', '{"callback_query":{}}']) expect(telegram.read(raw(body))).toBeNull();
  });

  it('that need a link get it in the person’s own chat, or are told to open one', async () => {
    const called = telegram.read(raw(JSON.stringify({ callback_query: query })));
    if (called?.kind !== 'press') throw new Error('it is no press');
    const note = { text: 'Not connected.', link: { label: 'Connect', url: 'https://a.example/?token=x' } };
    const { later } = called.press.answer({ message: null, note });
    const [sent, alert, ...others] = await callsOf(later);
    expect(others).toEqual([]);
    expect(sent).toMatchObject({ url: 'https://api.telegram.org/bot1:token/sendMessage', body: { chat_id: 7 } });
    expect(sent?.body.text).toContain(note.link.url);
    expect(alert).toMatchObject({
      url: 'https://api.telegram.org/bot1:token/answerCallbackQuery',
      body: { callback_query_id: 'q1', show_alert: true },
    });
    expect(alert?.body.text).toMatch(/in your chat/);
    const [, refused] = await callsOf(later, 403);
    expect(refused?.body.text).toMatch(/press Start/);
    const long = { ...note, text: '🧑‍🚀 '.repeat(200) };
    const [, cut] = await callsOf(called.press.answer({ message: null, note: long }).later);
    expect(String(cut?.body.text).length).toBeLessThanOrEqual(200);
  });
});
