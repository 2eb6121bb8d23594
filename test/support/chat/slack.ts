import { z } from 'zod';

/** What Slack takes, by https://docs.slack.dev/reference/block-kit: what it refuses has the error that it answers with. */

const seen = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.trim() !== '');
const plain = (max: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: seen(max), emoji: z.boolean().optional() });
const text = (max: number) =>
  z.discriminatedUnion('type', [
    plain(max),
    z.strictObject({ type: z.literal('mrkdwn'), text: seen(max), verbatim: z.boolean().optional() }),
  ]);

const button = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: z.string().min(1).max(255),
  value: z.string().min(1).max(2000).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(3000)
    .optional(),
  style: z.enum(['primary', 'danger']).optional(),
});

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plain(150) }),
  z
    .strictObject({
      type: z.literal('section'),
      text: text(3000).optional(),
      fields: z.array(text(2000)).min(1).max(10).optional(),
    })
    .refine((section) => section.text !== undefined || section.fields !== undefined),
  z.strictObject({
    type: z.literal('actions'),
    elements: z
      .array(button)
      .min(1)
      .max(25)
      .refine((all) => new Set(all.map((each) => each.action_id)).size === all.length),
  }),
]);

const message = z.object({
  text: z.string().max(40_000).optional(),
  channel: z.string().min(1).optional(),
  blocks: z.array(block).max(50).optional(),
});

/** The error of a message, null for one that is shown. */
export function slackRefusal(payload: unknown): string | null {
  const parsed = message.safeParse(payload);
  if (!parsed.success) {
    return parsed.error.issues.some(({ path }) => path[0] === 'blocks') ? 'invalid_blocks' : 'invalid_payload';
  }
  if ((parsed.data.text ?? '').trim() === '' && (parsed.data.blocks ?? []).length === 0) return 'no_text';
  return null;
}

/** Everything in a message that Slack reads as text, with whether it looks for markup in it. */
export function slackTexts(payload: unknown): { readonly text: string; readonly markup: boolean }[] {
  const found: { text: string; markup: boolean }[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    const { type, text: own } = value as { type?: unknown; text?: unknown };
    if (typeof own === 'string') found.push({ text: own, markup: type !== 'plain_text' });
    for (const child of Object.values(value)) visit(child);
  };
  visit(payload);
  return found;
}
