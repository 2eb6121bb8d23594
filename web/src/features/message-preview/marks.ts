export interface Run {
  readonly text: string;
  readonly mark: 'bold' | 'italic' | 'code' | 'link' | null;
}

interface Markup {
  /** What a text is put between, and what that does to it; the longest first. */
  readonly pairs: readonly (readonly [string, NonNullable<Run['mark']>])[];
  /** A backslash takes away the meaning of what follows it. */
  readonly backslash: boolean;
  readonly entities: boolean;
  /** `[text](address)` */
  readonly links: boolean;
}

export const MARKDOWN: Markup = {
  pairs: [
    ['**', 'bold'],
    ['*', 'italic'],
    ['_', 'italic'],
    ['`', 'code'],
  ],
  backslash: true,
  entities: false,
  links: true,
};
export const SLACK: Markup = {
  pairs: [
    ['*', 'bold'],
    ['_', 'italic'],
    ['`', 'code'],
  ],
  backslash: false,
  entities: true,
  links: false,
};
export const TELEGRAM: Markup = {
  pairs: [
    ['*', 'bold'],
    ['_', 'italic'],
    ['`', 'code'],
  ],
  backslash: true,
  entities: false,
  links: true,
};

/** The text of a link that begins a source, and how long all of it is. */
function linkAt(source: string): readonly [text: string, length: number] | null {
  const [whole, text] = /^\[((?:\\.|[^\]\\])*)\]\((?:\\.|[^)\\])*\)/s.exec(source) ?? [];
  return whole === undefined || text === undefined ? null : [text.replace(/\\(.)/gs, '$1'), whole.length];
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/** A text in runs of one look each, as the platform reads its markup. What is never closed is text. */
export function runsOf(source: string, { pairs, backslash, entities, links }: Markup): Run[] {
  const runs: Run[] = [];
  let text = '';
  let mark: Run['mark'] = null;
  let opened = '';
  const flush = () => {
    if (text !== '') runs.push({ text, mark });
    text = '';
  };
  for (let at = 0; at < source.length; at++) {
    if (backslash && source[at] === '\\' && at + 1 < source.length) {
      text += source[++at];
      continue;
    }
    const entity = entities ? /^&(amp|lt|gt);/.exec(source.slice(at, at + 5))?.[0] : undefined;
    if (entity !== undefined) {
      text += ENTITIES[entity];
      at += entity.length - 1;
      continue;
    }
    const link = links && source[at] === '[' ? linkAt(source.slice(at)) : null;
    if (link !== null) {
      flush();
      runs.push({ text: link[0], mark: 'link' });
      at += link[1] - 1;
      continue;
    }
    const pair = pairs.find(([sign]) => source.startsWith(sign, at) && (opened === '' || opened === sign));
    if (pair === undefined || (opened === '' && !closes(source, at + pair[0].length, pair[0], backslash))) {
      text += source[at];
      continue;
    }
    flush();
    [opened, mark] = opened === '' ? [pair[0], pair[1]] : ['', null];
    at += pair[0].length - 1;
  }
  flush();
  return runs;
}

function closes(source: string, from: number, sign: string, backslash: boolean): boolean {
  for (let at = from; at < source.length; at++) {
    if (backslash && source[at] === '\\') at++;
    else if (source.startsWith(sign, at)) return at > from;
  }
  return false;
}
