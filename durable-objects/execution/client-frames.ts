import { ANSWER_FIELD, type ClientFrame, clientFrame, MAX_CLIENT_FRAME } from '@agentflow/contracts';
import type { Env } from '../../workers/platform/env.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { ApprovalView, ExecutionRpc, FrameWatcher } from './client.ts';
import { approvalOf } from './decisions.ts';
import type { ExecutionRun } from './run.ts';
import { answerQuestion, frameWatcherNow, type Refused, stopExecution } from './wiring.ts';

/** Frames that one socket may send in a row, and how many it gains each second. */
const BURST = 20;
const PER_SECOND = 2;
/** A client that goes on after so many refusals, without a rest in between, is closed: RFC 6455, 7.4.1. */
const MAX_REFUSED = 100;
const CLOSE_POLICY = 1008;

interface ClientFramesHost extends Pick<ExecutionRpc, 'say'> {
  run(): ExecutionRun;
  refuse(socket: WebSocket, refused: Refused): void;
  logger(): Logger;
}

interface Allowance {
  frames: number;
  at: number;
  refused: number;
}

/** What clients of the runtime's protocol send: each frame is done, or told to its sender alone why it is not. */
export class ClientFrames {
  private readonly allowances = new WeakMap<WebSocket, Allowance>();

  constructor(
    private readonly env: Env,
    private readonly host: ClientFramesHost,
  ) {}

  async take(socket: WebSocket, watcher: FrameWatcher, text: string | null): Promise<void> {
    const refused = this.mayCome(socket) ? await this.takeOne(watcher, text) : TOO_MANY;
    if (refused !== null) this.host.refuse(socket, refused);
  }

  private async takeOne(watcher: FrameWatcher, text: string | null): Promise<Refused | null> {
    const frame = parseFrame(text);
    if ('code' in frame) return frame;
    try {
      const current = await frameWatcherNow(this.env, watcher);
      return current === null ? GONE : await this.perform(current, frame);
    } catch (error) {
      this.host.logger().log('error', 'frame.failed', { type: frame.event_type, ...describeError(error) });
      return { code: 'internal_error', message: 'This could not be done. The error was logged.' };
    }
  }

  private async perform(watcher: FrameWatcher, frame: ClientFrame): Promise<Refused | null> {
    switch (frame.event_type) {
      case 'steer':
        return watcher.may_steer ? this.steer(watcher, frame.data.text) : notAllowed('agents:execute');
      case 'stop':
        if (!watcher.may_stop) return notAllowed('executions:cancel');
        return stopExecution(this.env, this.host.run().row.facts, watcher);
      case 'answer':
        return this.answer(watcher, frame.data);
    }
  }

  private async steer({ organization_id, actor }: FrameWatcher, text: string): Promise<Refused | null> {
    const said = await this.host.say(organization_id, { text, by: actor });
    switch (said) {
      case 'said':
        return null;
      case 'not_deep':
        return { code: 'conflict', message: 'No deep agent works in this execution, so that nobody would hear it.' };
      case 'ended':
      case 'not_found':
        return { code: 'execution_finished', message: 'The execution has ended.' };
    }
  }

  private async answer(
    watcher: FrameWatcher,
    { approval_id, decision, text = '', form }: Extract<ClientFrame, { event_type: 'answer' }>['data'],
  ): Promise<Refused | null> {
    if (watcher.decider === null) return { code: 'forbidden', message: 'This connection may not answer.' };
    const run = this.host.run();
    const question = questionOf(run, approval_id ?? null);
    const answer = form ?? (decision === 'approve' && asksForText(question) ? { [ANSWER_FIELD]: text } : null);
    const target = approval_id === undefined ? { step_id: null } : { approval_id };
    const comment = form === undefined && answer !== null ? '' : text;
    return answerQuestion(this.env, run.row.facts, watcher, target, { decision, comment, form: answer });
  }

  private mayCome(socket: WebSocket): boolean {
    const now = Date.now();
    const { frames, at, refused } = this.allowances.get(socket) ?? { frames: BURST, at: now, refused: 0 };
    const left = Math.min(BURST, frames + ((now - at) / 1000) * PER_SECOND);
    const comes = left >= 1;
    const before = left === BURST ? 0 : refused;
    const next = { frames: comes ? left - 1 : left, at: now, refused: comes ? before : before + 1 };
    this.allowances.set(socket, next);
    if (next.refused > MAX_REFUSED && socket.readyState === WebSocket.OPEN)
      socket.close(CLOSE_POLICY, 'too many frames');
    return comes;
  }
}

const TOO_MANY: Refused = { code: 'rate_limited', message: `A connection may send ${PER_SECOND} frames a second.` };

const GONE: Refused = {
  code: 'unauthenticated',
  message: 'Whoever opened this connection is no member any more, or its key is not good any more.',
};

function notAllowed(permission: string): Refused {
  return { code: 'forbidden', message: `This connection does not have the permission ${permission}.` };
}

function parseFrame(text: string | null): ClientFrame | Refused {
  if (text === null) return { code: 'malformed_json', message: 'A frame is JSON text, not binary.' };
  if (text.length > MAX_CLIENT_FRAME) return { code: 'payload_too_large', message: 'The frame is too large.' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { code: 'malformed_json', message: 'The frame is not JSON.' };
  }
  const parsed = clientFrame.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { code: 'validation_failed', message: `The frame is not valid. ${problems.join('; ')}` };
}

/** The question of this id, or the only one that is open; null where there is none. */
function questionOf(run: ExecutionRun, approvalId: string | null): ApprovalView | null {
  const open = run.approvals.allPending();
  const id = approvalId ?? (open.length === 1 ? open[0]?.id : undefined);
  return id === undefined ? null : approvalOf(run, id);
}

/** Whether a question is answered in words, as `ask_person` asks it. */
function asksForText(question: ApprovalView | null): boolean {
  const properties = question?.form_schema?.properties;
  return typeof properties === 'object' && properties !== null && ANSWER_FIELD in properties;
}
