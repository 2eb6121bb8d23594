import type { ModelMessage } from '@agentflow/engine';
import { sentences } from './segment.ts';
import { finished, relevantSentences, summarize } from './summarize.ts';
import { contentStems } from './words.ts';

const CANNOT_WRITE =
  'builtin/extractive selects sentences from the text that it is given; it cannot write an answer of its own. ' +
  'Choose a language model for that.';

const REQUEST =
  /^(?:please\s+)?(?:answer|reply|respond|write|draft|compose|summari[sz]e|explain|describe|translate|rewrite|generate|create|list|tell|give|help|act|you are|based on|using|use)\b/i;
const SUMMARY_REQUEST = /\b(?:summar[iy][sz]?e?|tl;?dr|key points|gist|in short|main points)\b/i;

interface Reading {
  readonly question: string;
  readonly material: string;
}

/** A prompt's question or instruction, and the text that it is about. */
function read(text: string): Reading {
  const lead = /^([^\n]{3,300}?):\s*\n?([\s\S]{20,})$/.exec(text.trim());
  if (lead?.[1] !== undefined && lead[2] !== undefined && (REQUEST.test(lead[1]) || lead[1].includes('?'))) {
    return { question: lead[1], material: lead[2] };
  }
  const all = sentences(text);
  const asked =
    all.findLast((sentence) => sentence.text.endsWith('?')) ?? all.find((sentence) => REQUEST.test(sentence.text));
  if (asked === undefined) return { question: '', material: text };
  return {
    question: asked.text,
    material: all
      .filter((sentence) => sentence.index !== asked.index)
      .map((sentence) => finished(sentence.text))
      .join('\n'),
  };
}

/**
 * What an extractive model can do with a chat: the sentences of the prompt (and of the system prompt and earlier
 * messages) that bear on its question, word for word; or the statement that it cannot write, where there is nothing
 * to select from.
 */
export function answer(text: string, messages: readonly ModelMessage[]): string {
  const { question, material } = read(text);
  const background = messages
    .filter((message) => message.role !== 'user' && message.content.length > 200)
    .map((message) => message.content)
    .join('\n');
  // An instruction ("Answer this customer: …") is no question about the text: its most telling sentences are the best help.
  const instructed = REQUEST.test(question) && !question.includes('?') && contentStems(material).length >= 8;
  if (material.trim() !== '' && (question === '' || instructed || SUMMARY_REQUEST.test(question))) {
    return summarize(material, 3);
  }
  const found = relevantSentences(`${material}\n${background}`, question, 3);
  if (found.length > 0) return found.join(' ');
  return CANNOT_WRITE;
}
