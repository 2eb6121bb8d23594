/**
 * Takes a message apart: what the writer says, without greeting, signature, quoted replies and instructions around
 * it.
 */

const QUOTE_HEADER =
  /^\s*(?:on .{5,120} wrote:|from:\s.+@.+|-{2,}\s*(?:original message|forwarded message)\s*-{2,}|_{8,})\s*$/i;
const SIGN_OFF =
  /^\s*(?:(?:best|kind|warm|many thanks(?: and)?)?\s*regards|(?:yours )?(?:sincerely|faithfully|truly)|cheers|best(?: wishes)?|thanks(?: (?:so much|a lot|again|in advance|very much|and regards))?|thank you(?: (?:so much|very much|in advance|for your (?:help|time|assistance|support|attention)))?|many thanks|thx|ty|rgds|br|sent from my .+|--\s*)[\s,.!-]*$/i;
const GREETING =
  /^\s*(?:hi|hello|hey|hiya|dear|greetings|good (?:morning|afternoon|evening|day)|to whom it may concern)\b(?:\s+(?:there|all|team|everyone|folks|guys|support|sir|madam|sir or madam|sir\/madam|[a-z]+ (?:team|support)|[A-Z][\w.'-]*)){0,3}\s*[,!.:–-]*\s*/i;
const PLEASANTRY =
  /^(?:(?:i )?hope (?:you(?:'re| are)|this|all|everything)\b.{0,60}|(?:many )?thanks\b.{0,50}|thank you\b.{0,50}|(?:i )?(?:look|looking) forward to\b.{0,60}|(?:please )?let me know\b.{0,40}|cheers|have a (?:good|great|nice)\b.{0,20}|any help (?:would be |is )?appreciated|how are you\b.{0,20}|kind regards|best regards)[.!?]*$/i;
const INSTRUCTION =
  /^\s*(?:please\s+)?(?:you are\b.{0,200}|(?:classify|categori[sz]e|label|decide|determine|choose|assess|rate|summari[sz]e|extract|identify|read|analy[sz]e|what is the (?:category|priority|topic)|which (?:category|team|label)|how (?:urgent|important))\b[^\n]{0,200})(?::\s*|\n\s*\n)/i;

const MOST_CHARACTERS = 200_000;
const LONGEST_WORD = 160;

/**
 * A text in a form in which no pattern of this model runs long: at most 200,000 characters, no endless words, lines
 * of spaces or rows of one sign. What people write comes through unchanged, but for repeated spaces and empty lines.
 */
export function bounded(text: string): string {
  return text
    .slice(0, MOST_CHARACTERS)
    .replace(/\r\n?/g, '\n')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/([^\p{L}\p{N}\s])\1{7,}/gu, '$1$1$1')
    .replace(/\S{161,}/g, (word) => word.slice(0, LONGEST_WORD));
}

/** A prompt like "Classify this ticket: …" without its instruction, whose words are not the writer's. */
export function withoutInstruction(text: string): string {
  const match = INSTRUCTION.exec(text);
  if (match === null) return text;
  const rest = text.slice(match[0].length);
  return rest.trim().length >= 20 ? rest : text;
}

/** Lines without quoted replies and without what stands below a forwarded header. */
export function unquotedLines(text: string): string[] {
  const kept: string[] = [];
  for (const line of text.replace(/\r\n?/g, '\n').split('\n')) {
    if (QUOTE_HEADER.test(line) && kept.some((before) => before.trim() !== '')) break;
    if (!/^\s*>/.test(line)) kept.push(line);
  }
  return kept.some((line) => line.trim() !== '') ? kept : text.split('\n');
}

/** Lines that the writer of the message wrote: quoted replies and the signature come off. */
export function ownLines(text: string): string[] {
  const lines = unquotedLines(text);
  const told = lines.flatMap((line, index) => (line.trim() === '' ? [] : [index]));
  // A signature is the last thing: below its sign-off stand a few short lines.
  const signatureFrom = told.at(-8) ?? -1;
  const kept: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (index > signatureFrom && SIGN_OFF.test(line)) {
      if (lines.slice(index + 1).every((rest) => rest.trim().length <= 60)) break;
    }
    kept.push(line);
  }
  return kept.some((line) => line.trim() !== '') ? kept : lines;
}

const ABBREVIATION =
  /(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|no|nr|vs|etc|e\.g|i\.e|approx|inc|ltd|co|corp|dept|est|fig|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|a\.m|p\.m|u\.s|u\.k|[A-Z])$/i;

function splitLine(line: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const match of line.matchAll(/[.!?…]{1,8}["')\]]{0,3}(?=\s|$)/g)) {
    const end = match.index + match[0].length;
    const before = line.slice(start, match.index);
    const next = line.slice(end).trimStart();
    if (match[0].startsWith('.') && match[0].length === 1) {
      if (ABBREVIATION.test(before)) continue;
      if (/^[a-z]/.test(next) && /\b\w{1,3}$/.test(before) && !/\s/.test(before.slice(-4))) continue;
    }
    parts.push(line.slice(start, end));
    start = end;
  }
  parts.push(line.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

export interface Sentence {
  readonly text: string;
  /** Place among all sentences, from 0. */
  readonly index: number;
  readonly from_subject: boolean;
}

const SUBJECT = /^\s*(?:subject|title|betreff|re|fwd?)\s*:\s*/i;
const FIELD_LINE = /^\s*[A-Z][\w /-]{1,30}:\s*\S/;
const BULLET = /^\s*(?:[-*•–]|\d{1,2}[.)])\s+/;

/**
 * The sentences of a message in order. Hard-wrapped lines are joined, list items and `Key: value` lines stand alone,
 * greetings and pleasantries are left out unless nothing else is there.
 */
export function sentences(message: string): Sentence[] {
  const blocks: { text: string; from_subject: boolean }[] = [];
  let open = false;
  for (const line of ownLines(withoutInstruction(message))) {
    const text = line.replace(/\s+/g, ' ').trim();
    if (text === '') {
      open = false;
      continue;
    }
    if (SUBJECT.test(text)) {
      blocks.push({ text: text.replace(SUBJECT, '').replace(/^(?:re|fwd?):\s*/gi, ''), from_subject: true });
      open = false;
      continue;
    }
    const apart = BULLET.test(line) || FIELD_LINE.test(line);
    const last = blocks.at(-1);
    if (!apart && open && last !== undefined && !last.from_subject) last.text += ` ${text}`;
    else blocks.push({ text: text.replace(BULLET, ''), from_subject: false });
    open = true;
  }
  const all = blocks.flatMap((block) =>
    (block.from_subject ? [block.text] : splitLine(block.text.replace(GREETING, ''))).map((text) => ({
      text,
      from_subject: block.from_subject,
    })),
  );
  const telling = all.filter(({ text }) => !PLEASANTRY.test(text) && /[\p{L}\p{N}]/u.test(text));
  return (telling.length > 0 ? telling : all).map((sentence, index) => ({ ...sentence, index }));
}

/** What the writer says, as one text: the base of classification. */
export function messageBody(message: string): string {
  const own = ownLines(withoutInstruction(message)).join('\n').replace(GREETING, '');
  return own.trim() === '' ? message : own;
}
