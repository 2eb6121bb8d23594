import { byStatus, jsonOf, retryAfterMs, said } from '../answers.ts';
import type { ChatAnswer, ChatMessage, ConfigOf, HttpAdapter, Verdict } from '../port.ts';
import { isVisible, plainText, shown } from '../text.ts';

/**
 * Microsoft Teams through a workflow "When a Teams webhook request is received", with an Adaptive Card
 * (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using). Foreign text goes
 * into text runs, which know no markup (https://adaptivecards.io/explorer/TextRun.html); mentions need entities, and there
 * are none.
 */

type Config = ConfigOf<'teams'>;

interface Payload {
  readonly type: 'message';
  readonly attachments: readonly [
    {
      readonly contentType: 'application/vnd.microsoft.card.adaptive';
      readonly contentUrl: null;
      readonly content: object;
    },
  ];
}

/** 28 KB, by whichever encoding they are counted. */
const MAX_BYTES = 28 * 1024;
const MAX_CHARACTERS = MAX_BYTES / 2;
const LIMITS = { text: 5000, plain: 2000, lines: 40, title: 250, facts: 10, name: 60, value: 200, label: 60 } as const;
const COLORS = { good: 'Good', bad: 'Attention', waiting: 'Warning', neutral: 'Default' } as const;

const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more });
const paragraph = (inlines: readonly object[], more: object = {}) => ({ type: 'RichTextBlock', inlines, ...more });
const line = (text: string, max: number) => shown(text, max, { line: true });

function card(version: string, body: readonly object[], more: object = {}): Payload {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version,
    body,
    ...more,
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

/** One for each line: some clients run the lines of a text run together. */
function paragraphs(text: string): object[] {
  const lines = text.split('\n');
  const rest = lines.splice(LIMITS.lines - 1).join('\n');
  return [...lines, rest].filter(isVisible).map((each) => paragraph([run(each)], { spacing: 'Small' }));
}

function cardOf({ title, text, facts, link, tone }: ChatMessage, maxText: number): Payload {
  const style = { weight: 'Bolder', size: 'Medium', color: COLORS[tone] };
  const told = facts.slice(0, LIMITS.facts).map(({ name, value }) => {
    const inlines = [run(`${line(name, LIMITS.name)}: `, { weight: 'Bolder' }), run(line(value, LIMITS.value))];
    return paragraph(inlines, { spacing: 'Small' });
  });
  const body = [
    paragraph([run(line(title, LIMITS.title), style)]),
    ...(isVisible(text) ? paragraphs(shown(text, maxText)) : []),
    ...told,
  ];
  const open = link === null ? [] : [{ type: 'Action.OpenUrl', title: line(link.label, LIMITS.label), url: link.url }];
  return card('1.4', body, { msteams: { width: 'Full' }, ...(open.length === 0 ? {} : { actions: open }) });
}

function fits(payload: Payload): boolean {
  const text = JSON.stringify(payload);
  return text.length <= MAX_CHARACTERS && new TextEncoder().encode(text).byteLength <= MAX_BYTES;
}

function format(message: ChatMessage): Payload {
  for (let room: number = LIMITS.text; room > 100; room = Math.floor(room / 2)) {
    const payload = cardOf(message, room);
    if (fits(payload)) return payload;
  }
  return plain(message);
}

/** Workflows post cards and nothing else: this is the smallest. */
function plain(message: ChatMessage): Payload {
  return card('1.2', paragraphs(plainText(message, LIMITS.plain)));
}

// Errors of a workflow's trigger.
const GONE = /^(WorkflowNotFound|WorkflowTriggerNotFound|ResourceNotFound|EnvironmentNotFound)$/;
const REFUSED =
  /^(WorkflowTriggerIsNotEnabled|WorkflowDisabled|FlowDisabled|DirectApiAuthorizationRequired|MissingApiVersionParameter|AuthorizationFailed|Unauthorized)$/;
const MALFORMED = /^(TriggerInputSchemaMismatch|InvalidRequestContent|RequestEntityTooLarge|InvalidTemplate)$/;

function byCode(code: string, error: string): Verdict | null {
  if (GONE.test(code)) return { outcome: 'gone', error };
  if (REFUSED.test(code)) return { outcome: 'refused', error };
  if (MALFORMED.test(code)) return { outcome: 'malformed', error };
  return null;
}

function classify(answer: ChatAnswer): Verdict {
  const { status, body: text } = answer;
  if (status >= 200 && status < 300) {
    // A connector of the old kind answers 200 when Teams has refused the message.
    const inner = /HTTP error (\d{3})/.exec(text)?.[1];
    if (inner === undefined) return { outcome: 'delivered', message_ref: null };
    return byStatus({ ...answer, status: Number(inner) }, said('Teams', answer, text));
  }
  const { code, message } = { ...(jsonOf(answer)?.error as { code?: unknown; message?: unknown } | undefined) };
  const words = [code, message].filter((part) => typeof part === 'string').join(' ');
  const told = said('Teams', answer, words);
  if (status === 429) return { outcome: 'rate_limited', error: told, retry_after_ms: retryAfterMs(answer, Date.now()) };
  const known = typeof code === 'string' ? byCode(code, told) : null;
  if (known !== null) return known;
  return status === 404 ? { outcome: 'gone', error: told } : byStatus(answer, told);
}

export const teamsAdapter: HttpAdapter<Config, Payload> = {
  transport: 'http',
  platform: 'teams',
  version: 1,
  sample: { platform: 'teams', webhook_url: 'https://sample.environment.api.powerplatform.com/workflows/sample' },
  problems: () => [],
  format,
  plain,
  async request(config, payload) {
    const headers = { 'content-type': 'application/json' };
    return { url: config.webhook_url, method: 'POST', headers, body: JSON.stringify(payload) };
  },
  classify,
};
