import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, Stop } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { sha256Hex } from '../../../workers/platform/digest.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

/** An agent that waits for longer than any test. */
function waiting(owner: Member, name = 'Waits') {
  const nodes = [agentNode('start', 'trigger.manual'), agentNode('wait', 'logic.delay', { seconds: 3600 })];
  return publishedAgent(owner, { nodes, edges: agentEdges('start>wait') }, name);
}

const read = async (owner: Member, id: string) =>
  (await api<Execution>(`/executions/${id}`, { token: owner.token })).body;

const deskOf = (owner: Member) => organizationDesk(env.ORGANIZATION, owner.organization_id);

/** Until all that was targeted has ended. */
function stopped(owner: Member, id: string): Promise<Stop> {
  return eventually(async () => {
    const { body } = await api<Stop>(`/stops/${id}`, { token: owner.token });
    if (body.status === 'stopped') return body;
    await runDurableObjectAlarm(deskOf(owner));
    return null;
  });
}

const revoke = (owner: Member, agent: { id: string; key_id: string }, query = '') =>
  api<Stop>(`/external-agents/${agent.id}/keys/${agent.key_id}${query}`, { method: 'DELETE', token: owner.token });

describe('The kill switch', () => {
  it('ends what a revoked key has started, with all that it started, and nothing else', async () => {
    const owner = await signUp();
    const child = await waiting(owner, 'Child');
    const parent = await publishedAgent(owner, {
      nodes: [agentNode('start', 'trigger.manual'), agentNode('call', 'agent.call', { agent_id: child.id, input: {} })],
      edges: agentEdges('start>call'),
    });
    const [outside, other] = [await externalAgent(owner), await externalAgent(owner)];
    const killed = (await invoke(outside, parent.id)).body.execution.id;
    const spared = (await invoke(other, child.id)).body.execution.id;
    const below = await eventually(async () => {
      const { body } = await api<{ data: Execution[] }>(`/executions?parent=${killed}`, { token: owner.token });
      return body.data[0]?.id;
    });
    const answer = await revoke(owner, outside);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ of: 'key', subject_id: outside.key_id, targeted: 2 });
    expect(await stopped(owner, answer.body.stop_id)).toMatchObject({ targeted: 2, stopped: 2, spent_usd: 0 });
    for (const id of [killed, below]) {
      expect(await read(owner, id)).toMatchObject({ status: 'cancelled', error: { code: 'stopped' } });
    }
    expect((await read(owner, spared)).status).toBe('waiting');
    const events = await eventually(async () => {
      const path = '/events?type=external_agent.stopped';
      const { body } = await api<{ data: { data: object }[] }>(path, { token: owner.token });
      return body.data.length > 0 ? body.data : null;
    });
    expect(events).toMatchObject([{ data: { stop_id: answer.body.stop_id, targeted: 2 } }]);
  });

  it('ends what a deactivated or deleted external agent has running', async () => {
    const owner = await signUp();
    const agent = await waiting(owner);
    const outside = await externalAgent(owner);
    const first = (await invoke(outside, agent.id)).body.execution.id;
    const path = `/external-agents/${outside.id}`;
    const off = await api<Stop>(path, { method: 'PUT', token: owner.token, body: { is_active: false } });
    expect(off).toMatchObject({ status: 202, body: { is_active: false, targeted: 1 } });
    await stopped(owner, off.body.stop_id);
    expect((await read(owner, first)).status).toBe('cancelled');
    expect((await api(path, { method: 'PUT', token: owner.token, body: { is_active: true } })).status).toBe(200);
    const second = (await invoke(outside, agent.id)).body.execution.id;
    const gone = await api<Stop>(path, { method: 'DELETE', token: owner.token });
    expect(gone).toMatchObject({ status: 202, body: { targeted: 1 } });
    await stopped(owner, gone.body.stop_id);
    expect((await read(owner, second)).status).toBe('cancelled');
  });

  it('lets go on what is running where that is asked for', async () => {
    const owner = await signUp();
    const agent = await waiting(owner);
    const outside = await externalAgent(owner);
    const id = (await invoke(outside, agent.id)).body.execution.id;
    expect((await revoke(owner, outside, '?stop_running=false')).status).toBe(204);
    await runDurableObjectAlarm(deskOf(owner));
    expect(['running', 'waiting']).toContain((await read(owner, id)).status);
    expect((await invoke(outside, agent.id)).status).toBe(401);
  });

  it('ends many, page by page, also when the desk is evicted in between', async () => {
    const owner = await signUp();
    const agent = await waiting(owner);
    const outside = await externalAgent(owner);
    const started = await Promise.all(Array.from({ length: 120 }, () => invoke(outside, agent.id)));
    expect(started.every(({ status }) => status === 202)).toBe(true);
    const answer = await revoke(owner, outside);
    expect(answer.body.targeted).toBe(120);
    await evictDurableObject(deskOf(owner));
    expect(await stopped(owner, answer.body.stop_id)).toMatchObject({ targeted: 120, stopped: 120 });
    expect((await deskOf(owner).usage()).live_executions).toBe(0);
  });

  it('reaches a start that was admitted and has not been made: it finds a tombstone', async () => {
    const owner = await signUp();
    const agent = await waiting(owner);
    const outside = await externalAgent(owner);
    const execution_id = newId('execution');
    const admission = await deskOf(owner).admit({
      organization_id: owner.organization_id,
      caller: { kind: 'api_key', key_hash: await sha256Hex(outside.api_key) },
      permission: 'agents:execute',
      agent_id: agent.id,
      version: null,
      mode: 'live',
      execution_id,
      idempotency: null,
      ip: '',
      external: { door: 'rest', claimed: null, country: null },
    });
    if (admission.outcome !== 'allow' || admission.external === null) throw new Error(JSON.stringify(admission));
    const answer = await revoke(owner, outside);
    expect(answer.body).toMatchObject({ targeted: 1, stopped: 1, status: 'stopped' });
    const late = await executionObject(env.EXECUTION, execution_id).start({
      organization_id: owner.organization_id,
      execution_id,
      agent_id: agent.id,
      agent_name: agent.name,
      version: 1,
      definition: '{"nodes":[],"edges":[]}',
      mode: 'live',
      trigger: 'external',
      triggered_by: admission.caller,
      input: {},
      project_id: null,
      lineage: null,
      lease_id: admission.lease_id,
      start_by: admission.start_by,
      traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
      request_id: 'req_test',
      wait_seconds: 0,
      external: admission.external,
    });
    expect(late).toBe('stopped');
  });

  it('refuses what a stopped execution still asks for, and nothing of what is started afterwards', async () => {
    const owner = await signUp();
    const agent = await waiting(owner);
    const outside = await externalAgent(owner);
    const root = (await invoke(outside, agent.id)).body.execution.id;
    const path = `/external-agents/${outside.id}`;
    await api(path, { method: 'PUT', token: owner.token, body: { is_active: false } });
    await api(path, { method: 'PUT', token: owner.token, body: { is_active: true } });
    const asks = (root_execution_id: string) =>
      deskOf(owner).admit({
        organization_id: owner.organization_id,
        caller: { kind: 'execution', actor: { type: 'external_agent', id: outside.id, name: outside.name } },
        permission: 'agents:execute',
        agent_id: agent.id,
        version: null,
        mode: 'live',
        execution_id: newId('execution'),
        idempotency: null,
        ip: '',
        lineage: {
          root_execution_id,
          parent_execution_id: root_execution_id,
          external: { external_agent_id: outside.id, key_id: outside.key_id },
        },
      });
    expect(await asks(root)).toMatchObject({ outcome: 'deny', code: 'stopped' });
    const later = (await invoke(outside, agent.id)).body.execution.id;
    expect(await asks(later)).toMatchObject({ outcome: 'allow' });
  });

  it('ends what a policy denies from now on, where the policy asks for that', async () => {
    const owner = await signUp();
    const agent = await waiting(owner);
    const other = await waiting(owner, 'Other');
    const [claude, gemini] = [
      await externalAgent(owner, { platform: 'claude_code' }),
      await externalAgent(owner, { platform: 'gemini' }),
    ];
    const killed = (await invoke(claude, agent.id)).body.execution.id;
    const spared = [(await invoke(gemini, agent.id)).body, (await invoke(claude, other.id)).body];
    const draft = {
      name: 'No Claude there',
      effect: 'deny',
      priority: 10,
      subjects: [{ kind: 'external_agent', platforms: ['claude_code'] }],
      actions: ['invoke'],
      resources: { agents: [agent.id] },
      stop_running: true,
    };
    const made = await api<Stop & { id: string }>('/policies', { token: owner.token, body: draft });
    expect(made, JSON.stringify(made.body)).toMatchObject({ status: 202, body: { targeted: 1, effect: 'deny' } });
    expect(await stopped(owner, made.body.stop_id)).toMatchObject({
      of: 'policy',
      subject_id: made.body.id,
      stopped: 1,
    });
    expect(await read(owner, killed)).toMatchObject({ status: 'cancelled', error: { code: 'stopped' } });
    for (const { execution } of spared) {
      expect(['running', 'waiting']).toContain((await read(owner, execution.id)).status);
    }
    expect((await invoke(claude, agent.id)).status).toBe(403);
  });
});
