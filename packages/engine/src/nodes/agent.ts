import { type JsonValue, MAX_HANDOFF_CONTEXT_CHARACTERS } from '@agentflow/contracts';
import type { CalledExecution } from '../ports.ts';
import { completed, failed, refused, type StepHandler, type StepOutcome } from './step-outcome.ts';

/** A called execution tells its end by itself; this often it is asked, should that have been lost. */
export const CALL_CHECK_MS = 5 * 60_000;

/** What the end of a called execution makes of the step that waits for it; null while it goes on. */
export function outcomeOfCall(called: CalledExecution): StepOutcome | null {
  const { execution_id, status, output, agent_name } = called;
  switch (status) {
    case 'completed':
      return completed({ execution_id, status, output });
    case 'failed': {
      const { code, message } = called.error ?? { code: 'unknown', message: 'no reason was given' };
      return refused('call_failed', `The agent "${agent_name}" failed (${execution_id}): ${code}: ${message}`);
    }
    case 'cancelled': {
      const why = called.error === null ? '.' : `: ${called.error.message}`;
      return refused(
        'call_cancelled',
        `The execution of the agent "${agent_name}" was cancelled (${execution_id})${why}`,
      );
    }
    default:
      return null;
  }
}

/** Starts the agent, once however often the step runs, and waits for its end unless told not to. */
export const runAgentCall: StepHandler<'agent.call'> = async (config, context, ports) => {
  const { agent_id, input, version = null, wait } = config;
  const answer = await ports.agents.call({ step: context.step, agent_id, input, version, wait });
  if (!answer.ok) return failed(answer.error);
  const { called } = answer;
  const { execution_id, status } = called;
  if (!wait) return completed({ execution_id, status, output: null });
  const wake_at = context.now + CALL_CHECK_MS;
  return outcomeOfCall(called) ?? { kind: 'waiting', reason: 'child', wake_at, due: null, ask: null };
};

export const runHandoff: StepHandler<'agent.handoff'> = async (config, context, ports) => {
  const { to_agent_id, instructions, start } = config;
  const handed = config.context as JsonValue;
  const size = JSON.stringify(handed).length;
  if (size > MAX_HANDOFF_CONTEXT_CHARACTERS) {
    const most = MAX_HANDOFF_CONTEXT_CHARACTERS;
    return refused('handoff_too_large', `The context has ${size} characters of JSON; at most ${most} are handed over.`);
  }
  const request = { to_agent_id, instructions, context: handed, start };
  if (context.mode === 'test') {
    return { kind: 'completed', output: { would_send: request }, handle: 'out', blocked: true, calls: [] };
  }
  const answer = await ports.agents.handOff({ step: context.step, ...request });
  if (!answer.ok) return failed(answer.error);
  const { handoff_id, execution_id } = answer;
  const data = { handoff_id, to_agent_id, execution_id };
  return { ...done(data), event: { type: 'agent.handoff', data } };
};

function done(output: JsonValue): Extract<StepOutcome, { kind: 'completed' }> {
  return { kind: 'completed', output, handle: 'out', blocked: false, calls: [] };
}
