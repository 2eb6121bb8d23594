import type { AgentCallRequest, CalledExecution, HandoffRequest } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { completion, failure, step } from './step.ts';

const AGENT = 'agt_01hzy3k8m2q4r6t8v0x2z4b6d8';

function answering(called: Partial<CalledExecution>) {
  const asked: AgentCallRequest[] = [];
  const call = async (request: AgentCallRequest) => {
    asked.push(request);
    const execution = { execution_id: 'exe_1', agent_name: 'Helper', status: 'running', output: null, error: null };
    return { ok: true, called: { ...execution, ...called } as CalledExecution } as const;
  };
  return { asked, agents: { call } };
}

describe('agent.call', () => {
  it('waits for its child, and looks after it by itself', async () => {
    const { asked, agents } = answering({});
    const config = { agent_id: AGENT, input: { n: '{{trigger.n}}' } };
    const { result } = await step({ type: 'agent.call', config, agents, scope: { trigger: { n: 7 } }, now: 1000 });
    expect(result).toMatchObject({ kind: 'waiting', reason: 'child', wake_at: 301_000, due: null });
    expect(asked).toEqual([
      { step: expect.objectContaining({ key: 'n' }), agent_id: AGENT, input: { n: 7 }, version: null, wait: true },
    ]);
  });

  it('ends with the child that had ended before it was asked again', async () => {
    const { agents } = answering({ status: 'completed', output: { ok: 1 } });
    const { output } = await completion({ type: 'agent.call', config: { agent_id: AGENT }, agents });
    expect(output).toEqual({ execution_id: 'exe_1', status: 'completed', output: { ok: 1 } });
  });

  it('fails for good with a child that failed or was cancelled', async () => {
    const failed = answering({ status: 'failed', error: { code: 'boom', message: 'It broke.' } });
    const error = await failure({ type: 'agent.call', config: { agent_id: AGENT }, agents: failed.agents });
    expect(error).toMatchObject({ code: 'call_failed', retryable: false });
    expect(error.message).toMatch(/Helper.*exe_1.*boom: It broke\./);
    const { agents } = answering({ status: 'cancelled' });
    const cancelled = await failure({ type: 'agent.call', config: { agent_id: AGENT }, agents });
    expect(cancelled).toMatchObject({ code: 'call_cancelled', retryable: false });
  });

  it('does not wait where it is told not to, whatever the child does', async () => {
    const { agents } = answering({ status: 'running' });
    const { output } = await completion({ type: 'agent.call', config: { agent_id: AGENT, wait: false }, agents });
    expect(output).toEqual({ execution_id: 'exe_1', status: 'running', output: null });
  });

  it('hands on what the start was refused for', async () => {
    const refusal = { code: 'concurrency_limited', message: 'Full.', retryable: true, retry_after_ms: 1000 };
    const call = async () => ({ ok: false, error: refusal }) as const;
    expect(await failure({ type: 'agent.call', config: { agent_id: AGENT }, agents: { call } })).toEqual(refusal);
  });
});

describe('agent.handoff', () => {
  const config = { to_agent_id: AGENT, instructions: 'Go on with {{trigger.what}}.', context: { a: 1 } };

  it('gives context and instructions, and tells it as an event', async () => {
    const asked: HandoffRequest[] = [];
    const handOff = async (request: HandoffRequest) => {
      asked.push(request);
      return { ok: true, handoff_id: 'hof_1', execution_id: null } as const;
    };
    const scope = { trigger: { what: 'it' } };
    const { output, event } = await completion({ type: 'agent.handoff', config, agents: { handOff }, scope });
    expect(output).toEqual({ handoff_id: 'hof_1', to_agent_id: AGENT, execution_id: null });
    expect(event).toEqual({ type: 'agent.handoff', data: output });
    expect(asked[0]).toMatchObject({ instructions: 'Go on with it.', context: { a: 1 }, start: false });
  });

  it('hands nothing over in tests, nor what is too large', async () => {
    const blocked = await completion({ type: 'agent.handoff', config, mode: 'test' });
    expect(blocked).toMatchObject({ blocked: true, output: { would_send: { to_agent_id: AGENT } } });
    const large = { ...config, context: 'x'.repeat(50_000) };
    expect(await failure({ type: 'agent.handoff', config: large })).toMatchObject({ code: 'handoff_too_large' });
  });
});

describe('triggers', () => {
  it.each([
    ['trigger.webhook', {}],
    ['trigger.schedule', { cron: '*/5 9-17 * jan,jul mon-fri', timezone: 'Europe/Berlin' }],
    ['trigger.event', { types: ['execution.failed', 'agent.*'] }],
  ])('%s gives the input of the execution', async (type, config) => {
    expect((await completion({ type, config, scope: { trigger: { by: 'hand' } } })).output).toEqual({ by: 'hand' });
  });

  it.each([
    ['trigger.webhook', { methods: [] }],
    ['trigger.webhook', { methods: ['POST', 'POST'] }],
    ['trigger.schedule', { cron: '0 9 * *' }],
    ['trigger.schedule', { cron: '60 9 * * *' }],
    ['trigger.schedule', { cron: '0 9 0 * *' }],
    ['trigger.schedule', { cron: '0 17-9 * * *' }],
    ['trigger.schedule', { cron: '*/0 9 * * *' }],
    ['trigger.schedule', { cron: '0 9 * * monday' }],
    ['trigger.schedule', { cron: '0 9 * * *', timezone: 'Europe/Nowhere' }],
    ['trigger.event', { types: ['*'] }],
    ['trigger.event', { types: [] }],
  ])('%s refuses %j', async (type, config) => {
    expect((await failure({ type, config })).code).toBe('config_invalid');
  });
});
