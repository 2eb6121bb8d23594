import type { Execution, ExecutionEvent, JsonValue } from '@agentflow/contracts';
import { answerText } from '../shared/answer-text.ts';
import type { Moment } from '../shared/run-watch.ts';
import type { Used } from './chat.ts';
import { OpenAiRefusal, ofRun } from './refusals.ts';

/** How a streamed answer is written: as a chat completion or as a response. */
export interface AnswerWriter {
  begin?(): string;
  text(text: string): string;
  end(used: Used, status?: 'completed' | 'in_progress'): string;
  fail(refusal: OpenAiRefusal, used: Used): string;
}

const KEEP_ALIVE = ': keep-alive\n\n';
/** Of an answer that is known only at its end. */
const PIECE_CHARACTERS = 400;

/**
 * Frames of a streamed answer. The text of `answeringNode` goes out as its model writes it; where there is no such node the
 * output goes out in pieces at the end. What a second attempt writes differently can't be taken back: the stream fails
 * then, and the answer is read with the execution.
 */
export async function* streamAnswer(
  moments: AsyncIterable<Moment>,
  writer: AnswerWriter,
  answeringNode: string | null,
  read: () => Promise<Execution>,
  howToGoOn: (moment: Extract<Moment, { kind: 'waits' | 'late' }>) => string,
): AsyncGenerator<string> {
  if (writer.begin !== undefined) yield writer.begin();
  const written = new WrittenText();
  for await (const moment of moments) {
    switch (moment.kind) {
      case 'quiet':
        yield KEEP_ALIVE;
        break;
      case 'event': {
        const text = moment.event.node_id === answeringNode ? written.add(moment.event) : '';
        if (text !== '') yield writer.text(text);
        break;
      }
      case 'waits':
      case 'late': {
        const used = await read();
        yield* pieces(writer, (written.text === '' ? '' : '\n\n') + howToGoOn(moment));
        yield writer.end(used, 'in_progress');
        return;
      }
      case 'ended': {
        const execution = await read();
        if (moment.status !== 'completed') {
          yield writer.fail(ofRun(moment.status, execution.id, execution.error), execution);
          return;
        }
        yield* theRest(writer, written.text, execution);
        return;
      }
    }
  }
}

function* theRest(writer: AnswerWriter, written: string, execution: Execution): Generator<string> {
  const text = answerText(execution.output as JsonValue);
  if (!text.startsWith(written)) {
    const message = `The answer was written anew while it was streamed: read it with the execution ${execution.id}.`;
    const error = { message, type: 'server_error', param: null, code: 'answer_restarted' };
    yield writer.fail(new OpenAiRefusal(500, error, false), execution);
    return;
  }
  yield* pieces(writer, text.slice(written.length));
  yield writer.end(execution);
}

function* pieces(writer: AnswerWriter, text: string): Generator<string> {
  for (let from = 0; from < text.length; from += PIECE_CHARACTERS) {
    yield writer.text(text.slice(from, from + PIECE_CHARACTERS));
  }
}

/** What a step has written, of the first attempt that wrote: a listener that comes anew is sent what it had before. */
class WrittenText {
  text = '';
  private attempt: JsonValue | undefined;

  /** The text that this event adds. */
  add({ type, data, iteration }: ExecutionEvent): string {
    if (type !== 'step.delta' || iteration !== undefined || typeof data.text !== 'string') return '';
    this.attempt ??= data.attempt;
    if (data.attempt !== this.attempt || typeof data.offset !== 'number' || data.offset > this.text.length) return '';
    const added = data.text.slice(this.text.length - data.offset);
    this.text += added;
    return added;
  }
}
