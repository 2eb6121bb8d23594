import { runDurableObjectAlarm } from 'cloudflare:test';
import type { CreatedExternalAgent, Invocation, InvocationSummary, LineageGraph, Stop } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { type Answered, DOOR_CLIENTS } from '../../support/doors.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';
import { newPolicy } from '../../support/policies.ts';
import { http, ONCE, script } from '../executions/looping.ts';
import { CALL_USD, callsOf, deskOf, pricedScript, setBudget, tools } from '../governance/spending.ts';

/**
 * What governs a call holds through every door, over one run: a model that fails and another in its place, a sub-agent, and
 * in it a model that uses a tool.
 */

const MESSAGE = { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] } as const;
const ASKED = 'Say something.';
const start = agentNode('start', 'trigger.manual');

interface House {
  readonly owner: Member;
  readonly outside: CreatedExternalAgent;
  readonly gate: string;
  /** Of the model that stands in for the one that fails: each run asks it once, for `CALL_USD`. */
  readonly talker: string;
  /** Of the sub-agent's model: each run asks it twice, before and after its tool. */
  readonly looper: string;
}

/** The tool answers at once, or, `held`, when the gate is opened. */
async function house({ held = false, fields = {} }: { held?: boolean; fields?: object } = {}): Promise<House> {
  const owner = await signUp();
  const gate = crypto.randomUUID();
  const talker = await pricedScript(owner, [{ text: 'Hello.' }]);
  const looper = `custom/${await script([{ calls: [{ name: 'look', arguments: {} }] }, { text: 'Seen.' }])}`;
  const tool = http('look', held ? `gate/${gate}` : `reflect/200/${gate}`);
  const act = agentNode('act', 'ai.agent', { model: looper, prompt: 'Look.', tools: [tool] }, ONCE);
  const below = await publishedAgent(owner, { nodes: [start, act], edges: agentEdges('start>act') }, 'Below');
  const say = agentNode(
    'say',
    'ai.chat',
    { model: 'custom/down-before-it-ends', prompt: '{{trigger.message}}', fallback: [talker], max_tokens: 5 },
    ONCE,
  );
  const call = agentNode('call', 'agent.call', { agent_id: below.id, input: {} }, ONCE);
  const edges = agentEdges('start>say', 'say>call');
  await publishedAgent(owner, { nodes: [start, say, call], edges, input_schema: { ...MESSAGE } as never }, 'Above');
  return { owner, outside: await externalAgent(owner, fields), gate, talker, looper };
}

const codes = (answers: readonly Answered[]) => answers.map((each) => (each.ok ? 'ok' : each.code)).sort();

describe.each(DOOR_CLIENTS)('Through the door $name', ({ door, call }) => {
  const times = (count: number, { outside }: House) =>
    Promise.all(Array.from({ length: count }, () => call(outside, 'Above', ASKED)));

  /** Calls that D1 knows, once it knows so many; refused ones as often as they were. */
  const told = ({ owner }: House, count: number): Promise<InvocationSummary[]> =>
    eventually(async () => {
      await runDurableObjectAlarm(deskOf(owner));
      const { body } = await api<{ data: InvocationSummary[] }>('/invocations', { token: owner.token });
      return body.data.reduce((sum, each) => sum + each.count, 0) === count ? body.data : null;
    });

  it('a run leaves its lineage and what it cost', async () => {
    const made = await house();
    const [answer] = await times(1, made);
    if (answer?.ok !== true) expect.fail(JSON.stringify(answer));
    const path = `/invocations/${answer.invocation_id}`;
    const graph = await eventually(async () => {
      const { body } = await api<LineageGraph>(`${path}/lineage`, { token: made.owner.token });
      return body.nodes.length === 7 ? body : null;
    });
    const names = new Map(graph.nodes.map(({ id, type, name }) => [id, `${type} ${name}`]));
    expect(graph.edges.map(({ from, to }) => `${names.get(from)} → ${names.get(to)}`).sort()).toEqual([
      'agent Above → model custom/down-before-it-ends',
      `agent Above → model ${made.talker}`,
      'agent Above → sub_agent Below',
      'external Outside → agent Above',
      `sub_agent Below → model ${made.looper}`,
      'sub_agent Below → tool look',
    ]);
    const status = (name: string) => graph.nodes.find((node) => node.name === name)?.status;
    expect(status('custom/down-before-it-ends')).toBe('error');
    expect(status(made.talker)).toBe('success');
    const invocation = await eventually(async () => {
      const { body } = await api<Invocation>(path, { token: made.owner.token });
      return body.status === 'success' && body.cost_usd > 0 ? body : null;
    });
    expect(invocation).toMatchObject({ door, external_agent_id: made.outside.id, cost_usd: CALL_USD });
    expect(invocation.request_payload).toEqual({ message: ASKED });
  });

  it('a rate limit lets exactly as many through as it says', async () => {
    const made = await house({ fields: { rate_limits: { day: 3 } } });
    const answers = await times(6, made);
    expect(codes(answers)).toEqual(['ok', 'ok', 'ok', 'rate_limited', 'rate_limited', 'rate_limited']);
    expect(await callsOf(made.talker)).toBe(3);
    expect(await callsOf(made.looper)).toBe(6);
    const rows = await told(made, 6);
    expect(rows.filter(({ status }) => status === 'success')).toHaveLength(3);
    for (const row of rows) expect(row.door).toBe(door);
  });

  it('a budget pays exactly as many model calls as it holds, and then refuses', async () => {
    const made = await house();
    const path = `/external-agents/${made.outside.id}/budget`;
    await setBudget(made.owner, path, { limit_usd: 2 * CALL_USD, period: 'total', on_exceeded: 'fail' });
    const answers = await times(4, made);
    expect(codes(answers)).toEqual(['budget_exceeded', 'budget_exceeded', 'ok', 'ok']);
    expect(await callsOf(made.talker)).toBe(2);
    expect(codes(await times(1, made))).toEqual(['budget_exceeded']);
    expect(await callsOf(made.talker)).toBe(2);
    const rows = await told(made, 5);
    expect(rows.filter(({ status }) => status === 'success')).toHaveLength(2);
    expect(rows.reduce((sum, { cost_usd }) => sum + cost_usd, 0)).toBeCloseTo(2 * CALL_USD, 6);
  });

  it('a policy denies whom it names, and nobody else', async () => {
    const made = await house();
    const other = await externalAgent(made.owner, { name: 'Other' });
    await newPolicy(made.owner, { subjects: [{ kind: 'external_agent', ids: [made.outside.id] }] });
    expect(codes(await times(2, made))).toEqual(['policy_denied', 'policy_denied']);
    expect((await call(other, 'Above', ASKED)).ok).toBe(true);
    expect(await callsOf(made.talker)).toBe(1);
    const rows = await told(made, 3);
    const denied = rows.filter(({ status }) => status === 'denied');
    expect(denied.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(rows.filter(({ status }) => status === 'success')).toMatchObject([{ external_agent_id: other.id, door }]);
  });

  it('the kill switch ends the run, and no model is asked again', async () => {
    const made = await house({ held: true });
    const { owner, outside, gate } = made;
    const answered = times(1, made);
    await fetch(`${tools}/waiting/${gate}`);
    expect(await callsOf(made.looper)).toBe(1);
    const path = `/external-agents/${outside.id}/keys/${outside.key_id}`;
    const { status, body } = await api<Stop>(path, { method: 'DELETE', token: owner.token });
    expect(status, JSON.stringify(body)).toBe(202);
    expect(body.targeted).toBe(2);
    await eventually(async () => {
      const stop = await api<Stop>(`/stops/${body.stop_id}`, { token: owner.token });
      if (stop.body.status === 'stopped') return true;
      await runDurableObjectAlarm(deskOf(owner));
      return false;
    });
    await fetch(`${tools}/open/${gate}`);
    expect((await answered)[0]?.ok).toBe(false);
    expect((await call(outside, 'Above', ASKED)).ok).toBe(false);
    const rows = await told(made, 1);
    expect(rows).toMatchObject([{ status: 'error', error_code: 'stopped', door }]);
    const { body: graph } = await api<LineageGraph>(`/invocations/${rows[0]?.id}/lineage`, { token: owner.token });
    const runs = graph.nodes.filter(({ type }) => type === 'agent' || type === 'sub_agent');
    expect(runs.map((node) => node.status)).toEqual(['cancelled', 'cancelled']);
    expect([await callsOf(made.talker), await callsOf(made.looper)]).toEqual([1, 1]);
  });
});
