import type { ChatMessage } from './port.ts';

/**
 * Foreign text, made fit for a platform. Everything works on whole characters as people see them (grapheme clusters, Unicode
 * UAX #29): an emoji of seven code points is kept or left out.
 */

const ELLIPSIS = '…';

/** C0 and C1 controls but tab and line feed, and what turns the direction of text around (Unicode TR 36). */
const UNSEEN = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/gu;

/** Well-formed, with one kind of line end and without control characters and direction overrides. */
export function clean(text: string): string {
  return text
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(UNSEEN, '');
}

/** The same in one line. */
export function oneLine(text: string): string {
  return clean(text).replace(/\s+/g, ' ').trim();
}

/** Whether anything of it can be seen: platforms refuse texts of spaces. */
export function isVisible(text: string): boolean {
  return /[^\s\p{Cf}\p{Mn}\u115f\u1160\u2800\u3164\uffa0]/u.test(text);
}

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * The text with each character replaced by what `escaped` gives, cut so that it costs at most `max`, an ellipsis included.
 *
 * @param escaped of a text, character by character: what it gives for two texts in a row is what it gives for both
 * @param cost of an escaped text; at least one for each UTF-16 unit of the original
 */
export function cutTo(
  text: string,
  max: number,
  escaped: (text: string) => string = (same) => same,
  cost: (text: string) => number = (text) => text.length,
): string {
  if (text.length <= max) {
    const whole = escaped(text);
    if (cost(whole) <= max) return whole;
  }
  const ellipsis = escaped(ELLIPSIS);
  const room = max - cost(ellipsis);
  let kept = '';
  let used = 0;
  // A cluster that the window cuts ends where the window does, which is past the room.
  for (const { segment } of segmenter.segment(text.slice(0, max + 1))) {
    const piece = escaped(segment);
    const price = cost(piece);
    if (used + price > room) break;
    kept += piece;
    used += price;
  }
  return room < 0 ? '' : kept + ellipsis;
}

/** Cleaned and cut, or the stand-in where nothing of it can be seen. */
export function shown(
  text: string,
  max: number,
  options: {
    readonly escaped?: (text: string) => string;
    readonly cost?: (text: string) => number;
    readonly line?: boolean;
    readonly empty?: string;
  } = {},
): string {
  const cleaned = options.line === true ? oneLine(text) : clean(text).trim();
  const { escaped, cost, empty = '–' } = options;
  return cutTo(isVisible(cleaned) ? cleaned : empty, max, escaped, cost);
}

/** The message as bare text: title, text, facts, link. `address` writes the link's URL, which is ours. */
export function plainText(
  message: Pick<ChatMessage, 'title' | 'text' | 'facts' | 'link'>,
  max: number,
  escaped: (text: string) => string = (same) => same,
  address: (url: string) => string = escaped,
): string {
  const link = message.link === null ? '' : `\n\n${escaped(message.link.label)}: ${address(message.link.url)}`;
  const title = shown(message.title, 200, { escaped, line: true });
  const facts = message.facts
    .slice(0, 10)
    .map((fact) => `\n${cutTo(`${oneLine(fact.name)}: ${oneLine(fact.value)}`, 100, escaped)}`);
  const rest = `${facts.length > 0 ? '\n' : ''}${facts.join('')}${link.length < max / 4 ? link : ''}`;
  const room = max - title.length - rest.length - 2;
  const body = isVisible(clean(message.text)) ? `\n\n${shown(message.text, room, { escaped })}` : '';
  return `${title}${body}${rest}`;
}
