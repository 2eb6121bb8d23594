import type { JsonValue } from '@agentflow/contracts';
import type { ModelCallOptions, ModelRequest } from '@agentflow/engine';
import { answer } from './answer.ts';
import { classify } from './classify.ts';
import { embedText } from './embed.ts';
import { extract } from './extract.ts';
import { bounded } from './segment.ts';
import { summarize } from './summarize.ts';

/**
 * `builtin/extractive`: the model that serves without key and network. It reads, selects and sorts by fixed rules, so
 * the same request has the same answer always; it writes no word of its own.
 */
export interface BuiltinAnswer {
  readonly text: string;
  readonly data: JsonValue | null;
  readonly confidence: number | null;
  readonly aborted: boolean;
}

function think({ task, messages, schema }: ModelRequest): Omit<BuiltinAnswer, 'aborted'> {
  const text = bounded(task.text);
  switch (task.kind) {
    case 'summarize':
      return withSchema(schema, text, () => summarize(text, task.max_sentences));
    case 'classify': {
      const { label, confidence } = classify(text, task.labels);
      return { text: label, data: { label, confidence }, confidence };
    }
    case 'extract': {
      const data = extract(text, task.schema);
      return { text: JSON.stringify(data), data, confidence: null };
    }
    case 'chat':
      return withSchema(schema, text, () => answer(text, messages));
  }
}

/** A schema asks for data whatever the task: the fields are read out of the text. */
function withSchema(schema: ModelRequest['schema'], text: string, write: () => string): Omit<BuiltinAnswer, 'aborted'> {
  if (schema === undefined) return { text: write(), data: null, confidence: null };
  const data = extract(text, schema);
  return { text: JSON.stringify(data), data, confidence: null };
}

/** Answers at once; `onDelta` gets the text in pieces of some words, in the same turn. */
export function answerBuiltin(request: ModelRequest, { signal, onDelta }: ModelCallOptions): BuiltinAnswer {
  if (signal.aborted) return { text: '', data: null, confidence: null, aborted: true };
  const result = think(request);
  if (onDelta !== undefined) {
    for (const piece of result.text.match(/(?:\S+\s*){1,8}/g) ?? []) onDelta(piece);
  }
  return { ...result, aborted: false };
}

export function embedBuiltin(text: string): number[] {
  return embedText(bounded(text));
}
