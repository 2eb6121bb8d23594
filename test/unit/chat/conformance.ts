import { CHAT_PLATFORMS, type ChatConfig, type ChatPlatform, chatConfig, MESSAGE_KINDS } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { exampleEvent } from '../../../workers/chat/messages/examples.ts';
import { messageOf } from '../../../workers/chat/messages/message-of.ts';
import type { ChatAdapter, ChatMessage } from '../../../workers/chat/port.ts';
import { previewOf } from '../../../workers/chat/preview.ts';
import { adapterOf } from '../../../workers/chat/registry.ts';
import { DOCUMENTED_ANSWERS } from '../../support/chat/answers.ts';
import { FAMILY, HOSTILE_TEXTS, randomOf, randomText } from './hostile-texts.ts';

/** What an adapter of a platform is held to. */
export interface PlatformUnderTest {
  readonly platform: ChatPlatform;
  /** Configs that it takes, each of another way to send. */
  readonly configs: readonly ChatConfig[];
  /** Configs that the schema takes and the platform does not, with the field that is wrong. */
  readonly wrong: readonly (readonly [path: string, config: ChatConfig])[];
  /** What the platform would refuse in a payload; nothing, where it shows it. */
  refusals(payload: unknown): readonly string[];
  /** What of foreign text has become more than text: mentions, links, markup. */
  markup(payload: unknown): readonly string[];
  /** The texts that people see. */
  texts(payload: unknown): readonly string[];
  /** Values of the buttons by which approvals are decided; null where the platform has none. */
  buttons(payload: unknown): readonly string[] | null;
}

const OPTIONS = { organizationId: 'org_1', templates: {}, publicUrl: 'https://flows.example', buttons: true };
const RANDOM_ROUNDS = 60;
const SEED = 20_261_121;

const BASE: ChatMessage = {
  kind: 'result',
  tone: 'good',
  title: 'Title',
  text: 'Text',
  facts: [{ name: 'Agent', value: 'Invoice reader' }],
  link: { label: 'Open the execution', url: 'https://flows.example/executions/exe_1' },
  actions: [],
  event: {
    id: 'evt_1',
    type: 'agent.created',
    version: 1,
    timestamp: '2026-11-21T09:30:00.000Z',
    organization_id: 'org_1',
    data: {},
  },
};

/** The same text everywhere where foreign text can be. */
function filled(text: string, facts = 12): ChatMessage {
  return { ...BASE, title: text, text, facts: Array.from({ length: facts }, () => ({ name: 'Agent', value: text })) };
}

/** Lone surrogates, control characters, and what turns the direction around. */
const UNSAFE = /\p{Cs}|[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u;
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** The one suite that every adapter passes. */
export function conforms(under: PlatformUnderTest): void {
  const { platform, configs, wrong } = under;
  const adapter = adapterOf(platform);
  const forms = configs.flatMap((config, index) => [
    [`rich, config ${index + 1}`, (message: ChatMessage) => adapter.format(message, config)] as const,
    [`plain, config ${index + 1}`, (message: ChatMessage) => adapter.plain(message, config)] as const,
  ]);

  /** Throws for what the platform would refuse, and for what of the text would be more than text. */
  const requireSafe = (payload: unknown) => {
    expect(under.refusals(payload)).toEqual([]);
    expect(under.markup(payload)).toEqual([]);
    for (const text of under.texts(payload)) {
      expect(UNSAFE.test(text), JSON.stringify(text.slice(0, 80))).toBe(false);
    }
    expect(JSON.parse(JSON.stringify(payload))).toEqual(payload);
  };

  describe(`adapter of ${platform}`, () => {
    it('has a version, and gives its newest for one that is no more', () => {
      expect(adapter.platform).toBe(platform);
      expect(Number.isInteger(adapter.version) && adapter.version > 0).toBe(true);
      expect(adapterOf(platform, adapter.version)).toBe(adapter);
      expect(adapterOf(platform, 999)).toBe(adapter);
    });

    it.each(configs.map((config) => [config] as const))('takes the config %j', (config) => {
      expect(chatConfig.safeParse(config).success).toBe(true);
      expect(adapter.problems(config)).toEqual([]);
    });

    if (wrong.length > 0) {
      it.each(wrong)('names what is wrong with %s', (path, config) => {
        expect(chatConfig.safeParse(config).success).toBe(true);
        const problems = adapter.problems(config);
        expect(problems.map((problem) => problem.path)).toContain(path);
        for (const { message } of problems) expect(message.length).toBeGreaterThan(5);
      });
    }

    describe.each(forms)('%s', (form, make) => {
      it.each(MESSAGE_KINDS)('shows the example of %s', async (kind) => {
        const { message } = await messageOf(exampleEvent(kind), OPTIONS);
        const payload = make(message);
        requireSafe(payload);
        const shown = under.texts(payload).join('\n').replace(/\\(.)/g, '$1');
        expect(shown).toContain('Invoice reader'.slice(0, kind === 'budget' ? 0 : 14));
      });

      it('has the buttons of an approval where they can be verified', async () => {
        const { message } = await messageOf(exampleEvent('approval'), OPTIONS);
        const buttons = under.buttons(make(message));
        if (buttons === null || form.startsWith('plain')) expect(buttons ?? []).toEqual([]);
        else if (buttons.length > 0) expect(buttons).toEqual(message.actions.map(({ value }) => value));
      });

      it.each(HOSTILE_TEXTS)('keeps %s within limits, and text', (_, text) => {
        const payload = make(filled(text));
        requireSafe(payload);
        for (const tone of ['bad', 'waiting', 'neutral'] as const) requireSafe(make({ ...filled(text, 3), tone }));
      });

      it('keeps random texts within limits, and text', () => {
        const random = randomOf(SEED);
        for (let round = 0; round < RANDOM_ROUNDS; round++) {
          const texts = { title: randomText(random), text: randomText(random), value: randomText(random) };
          const message = { ...filled(texts.text, round % 14), title: texts.title };
          const facts = message.facts.map(({ name }) => ({ name, value: texts.value }));
          try {
            requireSafe(make({ ...message, facts }));
          } catch (error) {
            throw new Error(`seed ${SEED}, round ${round}`, { cause: error });
          }
        }
      });

      it('cuts between characters, never inside of one', () => {
        for (const text of under.texts(make(filled(FAMILY.repeat(3000))))) {
          for (const { segment } of segmenter.segment(text)) {
            if (segment.includes('👨') || segment.includes('\u200d')) expect(segment).toBe(FAMILY);
          }
        }
      });

      it('says nothing where there is nothing to say', () => {
        requireSafe(make({ ...BASE, title: '', text: '', facts: [], link: null }));
      });
    });

    it.each(MESSAGE_KINDS)('previews %s without a config, as it would send it', async (kind) => {
      const preview = await previewOf(platform, kind, OPTIONS);
      expect(preview).toMatchObject({ platform, kind, adapter_version: adapter.version, problems: [] });
      requireSafe(preview.payload);
      expect(preview.text).not.toBe('');
    });

    it('has the payloads that its version stands for', async () => {
      const actions = [
        { id: 'approve', label: 'Approve', value: 'approve:apr_1:0' },
        { id: 'deny', label: 'Deny', value: 'deny:apr_1:0' },
      ] as const;
      const message: ChatMessage = { ...BASE, text: 'One <line>\n*and* another_one.', actions };
      const payloads = Object.fromEntries(forms.map(([form, make]) => [form, make(message)]));
      const file = `./payloads/${platform}-${adapter.version}.snap`;
      await expect(`${JSON.stringify(payloads, null, 2)}\n`).toMatchFileSnapshot(file);
    });

    classifies(adapter, configs);
  });
}

function classifies(adapter: ChatAdapter, configs: readonly ChatConfig[]): void {
  if (adapter.transport !== 'http') return;
  const { platform } = adapter;
  const configOf = (door: 'webhook' | 'api') =>
    configs.find((config) => ('webhook_url' in config ? 'webhook' : 'api') === door) ?? (configs[0] as ChatConfig);
  const config = configs[0] as ChatConfig;
  const answers = DOCUMENTED_ANSWERS.filter((answer) => answer.platform === platform);

  it.each(answers)('takes $status $name ($door) for $outcome', (answer) => {
    const { status, headers = {}, body, outcome, retry_after_ms } = answer;
    const verdict = adapter.classify({ status, headers, body }, configOf(answer.door));
    expect(verdict.outcome).toBe(outcome);
    if (retry_after_ms !== undefined) expect(verdict).toMatchObject({ retry_after_ms });
    if ('error' in verdict) expect(verdict.error.length).toBeLessThan(400);
  });

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['1.5', 1500],
    ['999999999', 86_400_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['', null],
  ])('waits as Retry-After %j says', (value, expected) => {
    const answer = { status: 429, headers: { 'retry-after': value }, body: '' };
    expect(adapter.classify(answer, config)).toMatchObject({ outcome: 'rate_limited', retry_after_ms: expected });
  });

  it('waits until the date that Retry-After says', () => {
    const at = new Date(Date.now() + 600_000).toUTCString();
    const verdict = adapter.classify({ status: 429, headers: { 'retry-after': at }, body: '' }, config);
    const wait = (verdict as { retry_after_ms: number }).retry_after_ms;
    expect(wait).toBeGreaterThan(500_000);
    expect(wait).toBeLessThanOrEqual(600_000);
  });

  it.each([100, 304, 400, 404, 418, 429, 500, 599])('makes something of status %i with any body', (status) => {
    for (const body of [
      '',
      '<html>',
      'null',
      '[]',
      '{"ok":1}',
      '{"error":{}}',
      '{"parameters":7,"code":"x"}',
      '\u0000'.repeat(9999),
    ]) {
      const verdict = adapter.classify({ status, headers: {}, body }, config);
      expect(verdict.outcome).not.toBe('delivered');
    }
  });
}

/** Every platform has a test of its own; this one fails where one is forgotten. */
export function requireAll(tested: readonly ChatPlatform[]): void {
  it('every platform is held to it', () => {
    expect([...tested].sort()).toEqual([...CHAT_PLATFORMS].sort());
  });
}
