import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestProject } from 'vitest/node';
import { DOCUMENTED_ANSWERS, type DocumentedAnswer } from './chat/answers.ts';
import { discordRefusal } from './chat/discord.ts';
import { slackRefusal } from './chat/slack.ts';
import { teamsProblems } from './chat/teams.ts';
import { readTelegram } from './chat/telegram.ts';
import type { ReceivedMessage } from './chat-servers.ts';

/**
 * The chat platforms of the tests: a real HTTP server at CHAT_SERVER_PORT that takes what the real ones take, and refuses in
 * their words what they refuse.
 *
 * | what | where | its name below |
 * | --- | --- | --- |
 * | Slack's webhooks | `/slack/services/T1/B1/<name>` | `<name>` |
 * | Slack's API | `/slack/api/<method>`; tokens begin with `xoxb-` | `channel` of the body |
 * | Slack's response_url | `/slack/response/<name>` | `<name>` |
 * | Discord's webhooks | `/discord/api/webhooks/<id>/<name>` | `<name>` |
 * | Discord's API | `/discord/api/channels/<name>/messages` | `<name>`, digits |
 * | Telegram's API | `/telegram/bot<token>/<method>` | `chat_id` of the body, or the token |
 * | Teams' workflows | `/teams/workflows/<name>` | `<name>` |
 * | any receiver | `/generic/<name>` | `<name>` |
 *
 * `GET /received/<name>` lists what came in for a name (`ReceivedMessage`). `PUT /answers/<name>` with a `PlannedAnswer`
 * makes its next answers be something else.
 */
export interface PlannedAnswer {
  /** How many calls get it. */
  readonly times: number;
  /** Only those whose message has the rich form. */
  readonly rich?: boolean;
  /** Name of a documented answer of the platform that is called, or one in full. */
  readonly answer: string | Pick<DocumentedAnswer, 'status' | 'headers' | 'body'>;
}

interface Call {
  readonly platform: DocumentedAnswer['platform'];
  readonly door: DocumentedAnswer['door'];
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly path: string;
  readonly body: string;
  readonly json: Record<string, unknown>;
}
interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
const text = (body: string, status = 200): Answer => ({ status, headers: { 'content-type': 'text/plain' }, body });

class Platforms {
  readonly #received = new Map<string, ReceivedMessage[]>();
  readonly #planned = new Map<string, { left: number; rich: boolean; answer: PlannedAnswer['answer'] }[]>();
  readonly #botUrls = new Map<string, string>();
  #messages = 0;

  received(name: string): readonly ReceivedMessage[] {
    return this.#received.get(name) ?? [];
  }

  plan(name: string, { times, rich = false, answer }: PlannedAnswer): void {
    this.#planned.set(name, [...(this.#planned.get(name) ?? []), { left: times, rich, answer }]);
  }

  answer(path: string, headers: Record<string, string>, body: string): Answer {
    const call = callOf(path, headers, body);
    if (call === null) return json({ error: 'nothing is here' }, 404);
    const answer = this.#plannedFor(call) ?? this.#usual(call);
    const { platform, name, json: message } = call;
    const received: ReceivedMessage = {
      platform,
      path,
      headers,
      body,
      message,
      status: answer.status,
      answer: answer.body,
    };
    this.#received.set(name, [...this.received(name), received]);
    return answer;
  }

  #plannedFor(call: Call): Answer | null {
    const isRich =
      ['blocks', 'embeds', 'parse_mode'].some((field) => field in call.json) || call.body.includes('"1.4"');
    const planned = this.#planned.get(call.name)?.find(({ left, rich }) => left > 0 && (!rich || isRich));
    if (planned === undefined) return null;
    planned.left -= 1;
    if (typeof planned.answer !== 'string') return planned.answer;
    const { platform, door } = call;
    const known = DOCUMENTED_ANSWERS.find(
      (each) =>
        each.platform === platform && each.name === planned.answer && (platform !== 'slack' || each.door === door),
    );
    return known ?? text(`${platform} documents no answer ${planned.answer}`, 599);
  }

  #usual(call: Call): Answer {
    switch (call.platform) {
      case 'slack':
        return call.door === 'webhook' ? slackHook(call) : this.#slackCall(call);
      case 'discord':
        return this.#discord(call);
      case 'telegram':
        return this.#telegram(call);
      case 'teams': {
        const problems = teamsProblems(call.json);
        if (problems.length === 0) return text('', 202);
        return json({ error: { code: 'TriggerInputSchemaMismatch', message: problems.join('; ') } }, 400);
      }
      case 'generic':
        return text('', 204);
    }
  }

  #slackCall(call: Call): Answer {
    if (!/^Bearer xoxb-/.test(call.headers.authorization ?? '')) return json({ ok: false, error: 'invalid_auth' });
    if (typeof call.json.channel !== 'string') return json({ ok: false, error: 'channel_not_found' });
    const error = call.path.endsWith('/chat.postMessage') ? slackRefusal(call.json) : null;
    if (error !== null) return json({ ok: false, error });
    this.#messages += 1;
    return json({ ok: true, channel: call.json.channel, ts: `1700000000.${String(this.#messages).padStart(6, '0')}` });
  }

  #discord(call: Call): Answer {
    if (call.door === 'api' && !/^Bot \S+/.test(call.headers.authorization ?? '')) {
      return json({ message: '401: Unauthorized', code: 0 }, 401);
    }
    const error = discordRefusal(call.json);
    if (error !== null) return json(error, 400);
    this.#messages += 1;
    const waits = call.door === 'api' || call.path.includes('wait=true');
    return waits ? json({ id: String(this.#messages), type: 0 }) : text('', 204);
  }

  #telegram(call: Call): Answer {
    const [, token = '', method = ''] = /^\/telegram\/bot([^/]+)\/(\w+)$/.exec(call.path) ?? [];
    const refuse = (error_code: number, description: string) =>
      json({ ok: false, error_code, description }, error_code);
    if (!/^\d+:[\w-]{30,}$/.test(token)) return refuse(404, 'Not Found');
    switch (method) {
      case 'sendMessage':
        break;
      case 'editMessageText': {
        const { message_id: _, ...content } = call.json;
        const edited = readTelegram(content);
        return edited.ok ? json({ ok: true, result: true }) : refuse(400, edited.description);
      }
      case 'answerCallbackQuery':
        if (String(call.json.text ?? '').length > 200) return refuse(400, 'Bad Request: MESSAGE_TOO_LONG');
        return json({ ok: true, result: true });
      case 'getWebhookInfo':
        return json({ ok: true, result: { url: this.#botUrls.get(token) ?? '' } });
      case 'setWebhook':
      case 'deleteWebhook':
        this.#botUrls.set(token, String(call.json.url ?? ''));
        return json({ ok: true, result: true });
      default:
        return json({ ok: true, result: true });
    }
    const reading = readTelegram(call.json);
    if (!reading.ok) return refuse(400, reading.description);
    this.#messages += 1;
    return json({ ok: true, result: { message_id: this.#messages, chat: { id: call.json.chat_id } } });
  }
}

function slackHook(call: Call): Answer {
  const error = slackRefusal(call.json);
  return error === null ? text('ok') : text(error, 400);
}

function callOf(path: string, headers: Record<string, string>, body: string): Call | null {
  const [, platform, ...rest] = path.replace(/\?.*$/, '').split('/');
  const message = parsed(body);
  const called = (door: Call['door'], name: unknown): Call => ({
    platform: platform as Call['platform'],
    door,
    name: String(name),
    headers,
    path,
    body,
    json: message,
  });
  switch (platform) {
    case 'slack':
      return rest[0] === 'api' ? called('api', message.channel) : called('webhook', rest.at(-1));
    case 'discord':
      return rest[1] === 'channels' ? called('api', rest[2]) : called('webhook', rest.at(-1));
    case 'telegram':
      return called('api', message.chat_id ?? rest[0]?.slice('bot'.length));
    case 'teams':
    case 'generic':
      return called('webhook', rest.at(-1));
    default:
      return null;
  }
}

function parsed(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function serve(platforms: Platforms, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/';
  const body = await bodyOf(request);
  const [, control, name = ''] = path.split('/');
  let answer: Answer;
  if (control === 'received') answer = json(platforms.received(decodeURIComponent(name)));
  else if (control === 'answers') {
    platforms.plan(decodeURIComponent(name), JSON.parse(body) as PlannedAnswer);
    answer = json({});
  } else {
    const headers = Object.entries(request.headers).map(([key, value]) => [key, String(value)]);
    answer = platforms.answer(path, Object.fromEntries(headers), body);
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

export default async function startChatPlatforms(project: TestProject): Promise<() => Promise<void>> {
  const platforms = new Platforms();
  const server = createServer((request, response) => {
    serve(platforms, request, response).catch(() => request.socket.destroy());
  });
  const port = Number(process.env.CHAT_SERVER_PORT);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  project.provide('chatPlatformsUrl', `http://127.0.0.1:${port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
