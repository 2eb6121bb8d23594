import { createRequire } from 'node:module';
import { z } from 'zod';

/** What a workflow of Teams takes: its envelope, its size, and a card that Microsoft's own parser finds nothing wrong with. */

interface CardParser {
  readonly AdaptiveCard: new () => {
    parse(card: unknown, context: ParseContext): void;
    validateProperties(): { readonly validationEvents?: readonly { readonly message: string }[] };
  };
  readonly SerializationContext: new (version: unknown) => ParseContext;
  readonly Version: { parse(text: string, context: ParseContext): unknown };
  readonly Versions: Readonly<Record<string, unknown>>;
}
interface ParseContext {
  readonly eventCount: number;
  getEventAt(index: number): { readonly message: string };
}

/** Its types want a browser's. Loaded when the first card comes: most runs of tests see none. */
function cardParser(): CardParser {
  const require = createRequire(import.meta.url);
  return require('adaptivecards/dist/adaptivecards.js') as CardParser;
}

const MAX_BYTES = 28 * 1024;

const message = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null().optional(),
        content: z.looseObject({ type: z.literal('AdaptiveCard'), version: z.enum(['1.2', '1.3', '1.4', '1.5']) }),
      }),
    )
    .length(1),
});

/** What is wrong with a message; empty for one that is posted. */
export function teamsProblems(payload: unknown): string[] {
  const text = JSON.stringify(payload);
  if (new TextEncoder().encode(text).byteLength > MAX_BYTES) return ['the message has more than 28 KB'];
  if (text.length * 2 > MAX_BYTES) return ['the message has more than 28 KB in UTF-16'];
  const parsed = message.safeParse(payload);
  if (!parsed.success) return parsed.error.issues.map(({ path, message: what }) => `${path.join('.')}: ${what}`);
  const card = parsed.data.attachments[0]?.content as { version: string };
  const cards = cardParser();
  const context = new cards.SerializationContext(cards.Versions[`v${card.version.replace('.', '_')}`]);
  const parser = new cards.AdaptiveCard();
  // Teams' own property, which the parser of plain cards does not know.
  const { msteams: _, ...plainCard } = card as Record<string, unknown>;
  parser.parse(plainCard, context);
  const told = Array.from({ length: context.eventCount }, (_each, index) => context.getEventAt(index).message);
  return [...told, ...(parser.validateProperties().validationEvents ?? []).map((event) => event.message)];
}

/** The texts of a card, with whether clients look for markup in them. */
export function teamsTexts(payload: unknown): { readonly text: string; readonly markup: boolean }[] {
  const found: { text: string; markup: boolean }[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    const { type, text, title } = value as { type?: unknown; text?: unknown; title?: unknown };
    if (typeof text === 'string') found.push({ text, markup: type !== 'TextRun' });
    if (typeof title === 'string') found.push({ text: title, markup: type !== 'Action.OpenUrl' });
    for (const child of Object.values(value)) visit(child);
  };
  visit(payload);
  return found;
}
