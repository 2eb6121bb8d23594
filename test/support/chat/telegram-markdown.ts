/**
 * MarkdownV2 as Telegram's server reads it (https://core.telegram.org/bots/api#markdownv2-style): what is reserved and not
 * escaped, and what is begun and not ended, is refused in its words.
 */

export interface MarkdownEntity {
  readonly kind: string;
  readonly text: string;
  readonly url?: string;
}

export type ParsedMarkdown =
  | { readonly ok: true; readonly text: string; readonly entities: readonly MarkdownEntity[] }
  | { readonly ok: false; readonly description: string };

const RESERVED = /[_*[\]()~`>#+\-=|{}.!]/;
/** The longest first. */
const MARKS: readonly (readonly [mark: string, kind: string])[] = [
  ['__', 'Underline'],
  ['||', 'Spoiler'],
  ['*', 'Bold'],
  ['_', 'Italic'],
  ['~', 'Strikethrough'],
];

interface Open {
  readonly mark: string;
  readonly kind: string;
  readonly start: number;
  readonly offset: number;
}

class Refused extends Error {}

export function parseMarkdownV2(source: string): ParsedMarkdown {
  try {
    return { ok: true, ...new Parser(source).parse() };
  } catch (error) {
    if (error instanceof Refused)
      return { ok: false, description: `Bad Request: can't parse entities: ${error.message}` };
    throw error;
  }
}

class Parser {
  readonly #source: string;
  readonly #open: Open[] = [];
  readonly #entities: MarkdownEntity[] = [];
  #text = '';
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse() {
    while (this.#at < this.#source.length) this.#step();
    const [last] = this.#open.slice(-1);
    if (last !== undefined) throw new Refused(`Can't find end of ${last.kind} entity at byte offset ${last.offset}`);
    return { text: this.#text, entities: this.#entities };
  }

  #step(): void {
    const source = this.#source;
    const character = source[this.#at] as string;
    const next = source.charCodeAt(this.#at + 1);
    if (character === '\\' && next >= 1 && next <= 126) {
      this.#text += source[this.#at + 1];
      this.#at += 2;
      return;
    }
    if (!RESERVED.test(character)) {
      this.#text += character;
      this.#at += 1;
      return;
    }
    if (character === '`') this.#code();
    else if (character === '[') this.#begin('[', 'TextUrl');
    else if (character === ']') this.#endLink();
    else this.#mark(character);
  }

  #mark(character: string): void {
    const mark = MARKS.find(([each]) => this.#source.startsWith(each, this.#at));
    if (mark !== undefined) this.#toggle(...mark);
    else if (character === '>' && (this.#text === '' || this.#text.endsWith('\n'))) this.#at += 1;
    else throw new Refused(`Character '${character}' is reserved and must be escaped with the preceding '\\'`);
  }

  #begin(mark: string, kind: string): void {
    this.#open.push({ mark, kind, start: this.#text.length, offset: this.#at });
    this.#at += mark.length;
  }

  #toggle(mark: string, kind: string): void {
    const last = this.#open.at(-1);
    if (last?.mark === mark) {
      this.#open.pop();
      this.#entities.push({ kind, text: this.#text.slice(last.start) });
      this.#at += mark.length;
      return;
    }
    if (this.#open.some((each) => each.mark === mark)) {
      throw new Refused(`Can't find end of ${last?.kind} entity at byte offset ${last?.offset}`);
    }
    this.#begin(mark, kind);
  }

  #endLink(): void {
    const last = this.#open.at(-1);
    if (last?.mark !== '[') throw new Refused("Character ']' is reserved and must be escaped with the preceding '\\'");
    this.#open.pop();
    const address = /^\]\(((?:\\[\s\S]|[^\\)])*)\)/.exec(this.#source.slice(this.#at));
    if (address === null) throw new Refused("Can't find end of a URL");
    const url = (address[1] as string).replace(/\\([\s\S])/g, '$1');
    this.#entities.push({ kind: 'TextUrl', text: this.#text.slice(last.start), url });
    this.#at += address[0].length;
  }

  #code(): void {
    const fence = this.#source.startsWith('```', this.#at) ? '```' : '`';
    const end = this.#source.indexOf(fence, this.#at + fence.length);
    if (end < 0) throw new Refused(`Can't find end of Code entity at byte offset ${this.#at}`);
    const text = this.#source.slice(this.#at + fence.length, end);
    this.#entities.push({ kind: 'Code', text });
    this.#text += text;
    this.#at = end + fence.length;
  }
}
