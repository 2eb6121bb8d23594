/** Texts that want to be more than text, or more than fits. */

export const FAMILY = '👨‍👩‍👧‍👦';

export const HOSTILE_TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['empty', ''],
  ['spaces', '   \n\t \u00a0\u2003'],
  ['nothing to see', '\u200b\u200d\u2060\ufeff\u00ad'],
  ['mentions', '@everyone @here <!channel> <!here> <@U123> <@!123456> <@&99> <#C1> <!subteam^S1> @durov'],
  ['links', '[x](javascript:alert(1)) [y](https://evil.example) <https://evil.example|bank> ![z](tg://user?id=1)'],
  ['Markdown', '# h\n> q\n- l\n1. n\n**b** __u__ ~~s~~ ||p|| `c`\n```\ncode\n```\n*a_b*c_ ~ = + | { } . ! \\'],
  ['backslashes', '\\\\\\*\\_\\[\\](\\)\\'],
  ['HTML', '<script>alert(1)</script><img src=x onerror=alert(1)>&amp;&lt;b&gt; " \' </title></p>'],
  ['entities', '&lt;!channel&gt; &amp;lt;'],
  ['Teams mentions', '<at>Everyone</at> <attachment id="1"></attachment> {{DATE(2026-01-01T00:00:00Z)}}'],
  ['Discord markup', '<t:1700000000:R> <:a:123> <a:b:123> <id:home> </deploy:123> ||x||'],
  ['headers', 'Subject\r\nBcc: all@example.com\r\n\r\n<b>body</b>'],
  ['controls', 'a\u0000b\u0007c\u001b[31md\u007fe\u0085f\u2028g\u2029h\ufffei'],
  ['right to left', '\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c שלום مرحبا'],
  ['lone surrogates', '\ud83d x \ude00 \udc00\ud800'],
  ['families', FAMILY.repeat(3000)],
  ['flags', '🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪🇫🇷'.repeat(900)],
  ['skin tones', '👩🏽‍🚒🧑🏿‍💻✌🏾'.repeat(900)],
  ['one endless character', `e${'\u0301'.repeat(100_000)}`],
  ['100 KB', 'The quick brown fox. '.repeat(5000)],
  ['100 KB of markup', '*_[<&>`~|'.repeat(12_000)],
  ['100 KB of quotes', '"\\\u0001'.repeat(35_000)],
  ['100 KB in one word', 'W'.repeat(100_000)],
  ['100 KB of lines', 'x\n'.repeat(50_000)],
  ['100 KB of CJK', '漢字'.repeat(25_000)],
];

/** mulberry32 by Tommy Ettinger (public domain): the same numbers for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PIECES = [
  ...'*_~`|<>&@#[](){}.!+-=\\/"\'^$%:;,? \n\t\r',
  ...[
    'a',
    'Zz',
    '7',
    'word ',
    'ß',
    '漢',
    'ש',
    FAMILY,
    '👍🏽',
    '🇩🇪',
    '\ud83d',
    '\udc00',
    '\u0301',
    '\u200d',
    '\u202e',
    '\u0000',
  ],
  ...[
    '```',
    '||',
    '__',
    '**',
    '<!channel>',
    '<@U1>',
    '@everyone',
    '@name',
    '](',
    'https://x.example/a_b',
    '&amp;',
    '</p>',
    '\\\\',
  ],
];

/** Short and long texts of pieces that mean something somewhere. */
export function randomText(random: () => number): string {
  const length = Math.floor(10 ** (random() * 3.8));
  let text = '';
  for (let count = 0; count < length; count++) text += PIECES[Math.floor(random() * PIECES.length)];
  return text;
}
