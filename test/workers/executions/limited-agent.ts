import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AgentDefinition, AgentSettings, Execution, ExecutionEvent } from '@agentflow/contracts';
import { expect, inject } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

const tools = inject('toolServerUrl');

export function deskOf(member: Member) {
  return organizationDesk(env.ORGANIZATION, member.organization_id);
}

export function deskStub(member: Member) {
  return env.ORGANIZATION.get(env.ORGANIZATION.idFromName(member.organization_id));
}

export function executionStub(id: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(id));
}

interface LeaseRow {
  readonly execution_id: string;
  readonly state: string;
  readonly notice_tries: number;
}

/** The desk's leases in the order of their admission. */
export function leasesOf(member: Member): Promise<LeaseRow[]> {
  return runInDurableObject(deskStub(member), (_desk, { storage }) => {
    const rows = storage.sql.exec('SELECT execution_id, state, notice_tries FROM leases ORDER BY ord').toArray();
    return rows as unknown as LeaseRow[];
  });
}

/** Changes rows of the desk behind its back. */
export async function atDesk(member: Member, statement: string, ...values: string[]): Promise<void> {
  await runInDurableObject(deskStub(member), (_desk, { storage }) => {
    storage.sql.exec(statement, ...values);
  });
}

export async function ringDesk(member: Member): Promise<void> {
  await runDurableObjectAlarm(deskStub(member));
}

/** An agent whose executions wait at a gate of their own, named by their input. */
export class LimitedAgent {
  readonly run = crypto.randomUUID().slice(0, 8);

  private constructor(
    readonly owner: Member,
    readonly id: string,
  ) {}

  static async publish(owner: Member, settings: AgentSettings, extra: Partial<AgentDefinition> = {}) {
    const agent = await publishedAgent(owner, { ...definition(settings), ...extra });
    return new LimitedAgent(owner, agent.id);
  }

  async publishAgain(settings: AgentSettings): Promise<void> {
    const { token } = this.owner;
    const put = await api(`/agents/${this.id}/draft`, { method: 'PUT', token, body: definition(settings) });
    expect(put.status, JSON.stringify(put.body)).toBe(200);
    const published = await api(`/agents/${this.id}/publish`, { token, body: {} });
    expect(published.status, JSON.stringify(published.body)).toBe(200);
  }

  async setStatus(status: 'active' | 'paused' | 'archived'): Promise<void> {
    const answer = await api(`/agents/${this.id}/status`, { method: 'PUT', token: this.owner.token, body: { status } });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }

  ask(name: string, headers: Record<string, string> = {}, how: 'execute' | 'test' = 'execute') {
    const body = { input: { gate: this.gate(name) } };
    return api<Execution>(`/agents/${this.id}/${how}`, { token: this.owner.token, body, headers });
  }

  /** Starts one that waits at the gate of this name. */
  async start(name: string): Promise<Execution> {
    const answer = await this.ask(name);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    return answer.body;
  }

  private gate(name: string): string {
    return `${this.run}-${name}`;
  }

  /** The call of the execution of this name has come. */
  async arrives(name: string): Promise<void> {
    await fetch(`${tools}/waiting/${this.gate(name)}`);
  }

  async open(name: string): Promise<void> {
    await fetch(`${tools}/open/${this.gate(name)}`);
  }

  /** How often an execution of this name has called. */
  async calls(name: string): Promise<number> {
    const answer = await fetch(`${tools}/calls/gate/${this.gate(name)}`);
    return ((await answer.json()) as unknown[]).length;
  }

  async read(id: string): Promise<Execution> {
    return (await api<Execution>(`/executions/${id}`, { token: this.owner.token })).body;
  }

  async cancel(id: string): Promise<void> {
    const answer = await api(`/executions/${id}/cancel`, { method: 'POST', token: this.owner.token });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }

  async statuses(...executions: Execution[]): Promise<string[]> {
    return Promise.all(executions.map(async ({ id }) => (await this.read(id)).status));
  }

  reaches(id: string, status: Execution['status']): Promise<Execution> {
    return eventually(async () => {
      const execution = await this.read(id);
      return execution.status === status ? execution : null;
    });
  }

  async events(id: string): Promise<ExecutionEvent[]> {
    const path = `/executions/${id}/events?limit=1000`;
    return (await api<{ data: ExecutionEvent[] }>(path, { token: this.owner.token })).body.data;
  }
}

function definition(settings: AgentSettings): AgentDefinition {
  return {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('call', 'action.http', { url: `${tools}/gate/{{trigger.gate}}`, method: 'POST' }),
    ],
    edges: agentEdges('start>call'),
    settings,
  };
}
