import { describe, expect, it } from 'vitest';
import { answer } from '../../../workers/models/builtin/answer.ts';
import { embedText } from '../../../workers/models/builtin/embed.ts';
import { answerBuiltin } from '../../../workers/models/builtin/index.ts';
import { sentences } from '../../../workers/models/builtin/segment.ts';
import { summarize } from '../../../workers/models/builtin/summarize.ts';

const MAIL = `Subject: Refund for order #10432

Hi team,

I hope you are well. I bought two Aurora Desk Lamps on 3 March 2026 (order #10432) and one arrived
with a cracked shade. I already wrote to you last week, e.g. on Tuesday at 9 a.m. to Dr. Brandt, but nobody answered.
I'd like a refund of $49.90 for the broken one, or a replacement.

Kind regards,
Ana Silva
Silva & Sons Ltd

On Mon, Mar 9, 2026 at 9:00 AM Support <support@shop.example> wrote:
> Thanks for contacting us.`;

describe('sentences', () => {
  it('leave out greeting, pleasantries, signature and quotes, and survive abbreviations and wrapped lines', () => {
    expect(sentences(MAIL).map(({ text }) => text)).toEqual([
      'Refund for order #10432',
      'I bought two Aurora Desk Lamps on 3 March 2026 (order #10432) and one arrived with a cracked shade.',
      'I already wrote to you last week, e.g. on Tuesday at 9 a.m. to Dr. Brandt, but nobody answered.',
      "I'd like a refund of $49.90 for the broken one, or a replacement.",
    ]);
  });

  it('keep list items apart', () => {
    expect(sentences('Two things:\n- the door squeaks\n- the lamp is dead').map(({ text }) => text)).toEqual([
      'Two things:',
      'the door squeaks',
      'the lamp is dead',
    ]);
  });

  it('keep a message that is nothing but courtesy', () => {
    expect(sentences('Thanks for your help!')).toHaveLength(1);
  });
});

describe('summaries', () => {
  it('are sentences of the text, the telling ones, in their order', () => {
    expect(summarize(MAIL, 2)).toBe(
      "I bought two Aurora Desk Lamps on 3 March 2026 (order #10432) and one arrived with a cracked shade. I'd like a refund of $49.90 for the broken one, or a replacement.",
    );
  });

  it('never have more sentences than asked, and never repeat one', () => {
    const repeated =
      'The export fails with error 17. The export fails with error 17! Our accountant waits for it. We use version 4.';
    expect(sentences(summarize(repeated, 3))).toHaveLength(3);
    expect(summarize(repeated, 3).match(/error 17/g)).toHaveLength(1);
    expect(sentences(summarize(MAIL, 1))).toHaveLength(1);
  });

  it('stay short for a text without end', () => {
    expect(summarize('word '.repeat(20_000), 2).length).toBeLessThan(700);
    expect(summarize('', 2)).toBe('');
  });
});

describe('answers to prompts', () => {
  it('are the sentences of the text that bear on the question', () => {
    expect(answer(`What is the number of the order?\n\n${MAIL}`, [])).toContain('order #10432');
  });

  it('say plainly that nothing is written', () => {
    for (const prompt of ['Write a poem about the sea', 'What is the capital of France?']) {
      expect(answer(prompt, [])).toContain('cannot write');
    }
  });

  it('use what the system prompt knows', () => {
    const policy = `Our shop opens at nine. Parcels to Norway take six days and cost 12 EUR. ${'Staff wear green shirts on Mondays. '.repeat(6)}`;
    const found = answer('How long do parcels to Norway take?', [{ role: 'system', content: policy }]);
    expect(found).toContain('Parcels to Norway take six days');
    expect(found).not.toContain('green shirts');
  });
});

describe('the builtin model', () => {
  const request = {
    model: 'builtin/extractive',
    task: { kind: 'summarize', text: MAIL, max_sentences: 2 },
    messages: [],
  } as const;

  it('streams its text in pieces', () => {
    const pieces: string[] = [];
    const { text } = answerBuiltin(request, {
      signal: new AbortController().signal,
      onDelta: (piece) => pieces.push(piece),
    });
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toBe(text);
  });

  it('does nothing for a call that is cancelled already', () => {
    expect(answerBuiltin(request, { signal: AbortSignal.abort() })).toMatchObject({ aborted: true, text: '' });
  });

  it('reads fields where a chat asks for data', () => {
    const schema = { type: 'object', properties: { email: { type: 'string' }, order_number: { type: 'string' } } };
    const chat = { model: request.model, task: { kind: 'chat', text: MAIL }, messages: [], schema } as const;
    const result = answerBuiltin(chat, { signal: new AbortController().signal });
    expect(result.data).toEqual({ email: null, order_number: '10432' });
    expect(JSON.parse(result.text)).toEqual(result.data);
  });
});

describe('embeddings', () => {
  const near = (a: string, b: string) =>
    embedText(a).reduce((sum, value, index) => sum + value * (embedText(b)[index] ?? 0), 0);

  it('put texts that share words near each other', () => {
    expect(near('refund for the broken lamp', 'the lamp is broken, refund me')).toBeGreaterThan(0.8);
    expect(near('refund for the broken lamp', 'opening hours in Lisbon')).toBeLessThan(0.3);
    expect(near('a lamp', 'a lamp')).toBeCloseTo(1);
    expect(embedText('')).toHaveLength(256);
  });
});
