import { z } from 'zod';

/** What Discord takes, by https://discord.com/developers/docs/resources/message. */

const seen = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => text.trim() !== '', 'This field is required');
const url = z.url({ protocol: /^https?$/ }).max(2048);

const embed = z
  .strictObject({
    title: seen(256).optional(),
    description: seen(4096).optional(),
    url: url.optional(),
    color: z.number().int().min(0).max(0xffffff).optional(),
    timestamp: z.iso.datetime().optional(),
    footer: z.strictObject({ text: seen(2048) }).optional(),
    fields: z
      .array(z.strictObject({ name: seen(256), value: seen(1024), inline: z.boolean().optional() }))
      .max(25)
      .optional(),
  })
  .refine(({ title, description, fields }) => [title, description, fields].some((part) => part !== undefined));

const button = z.strictObject({
  type: z.literal(2),
  style: z.number().int().min(1).max(4),
  label: seen(80),
  custom_id: z.string().min(1).max(100),
});
const link = z.strictObject({ type: z.literal(2), style: z.literal(5), label: seen(80), url: url.max(512) });
const row = z.strictObject({
  type: z.literal(1),
  components: z
    .array(z.union([button, link]))
    .min(1)
    .max(5),
});

const message = z
  .strictObject({
    content: z.string().max(2000).optional(),
    username: z
      .string()
      .min(1)
      .max(80)
      .refine((name) => !/discord|clyde/i.test(name))
      .optional(),
    embeds: z.array(embed).max(10).optional(),
    components: z.array(row).max(5).optional(),
    allowed_mentions: z.strictObject({ parse: z.array(z.enum(['roles', 'users', 'everyone'])) }).optional(),
    flags: z.number().int().optional(),
    nonce: z.string().max(25).optional(),
    enforce_nonce: z.boolean().optional(),
  })
  .refine(({ embeds = [] }) => embeds.reduce((sum, each) => sum + charactersOf(each), 0) <= 6000);

function charactersOf({ title = '', description = '', footer, fields = [] }: z.infer<typeof embed>): number {
  const texts = [title, description, footer?.text ?? '', ...fields.flatMap(({ name, value }) => [name, value])];
  return texts.reduce((sum, text) => sum + text.length, 0);
}

export interface DiscordError {
  readonly message: string;
  readonly code: number;
  readonly errors?: unknown;
}

/** The error of a message, null for one that is shown. */
export function discordRefusal(payload: unknown): DiscordError | null {
  const parsed = message.safeParse(payload);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message: what }) => ({ path: path.join('.'), message: what }));
    return { message: 'Invalid Form Body', code: 50035, errors };
  }
  const { content = '', embeds = [] } = parsed.data;
  if (content.trim() === '' && embeds.length === 0) return { message: 'Cannot send an empty message', code: 50006 };
  return null;
}

/** The texts in which Discord looks for markup. */
export function discordTexts(payload: unknown): string[] {
  const { content, embeds = [] } = payload as z.infer<typeof message>;
  const inEmbeds = embeds.flatMap(({ title, description, fields = [] }) => [
    title,
    description,
    ...fields.flatMap(({ name, value }) => [name, value]),
  ]);
  return [content, ...inEmbeds].filter((text) => text !== undefined);
}
