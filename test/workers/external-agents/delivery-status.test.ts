import { env } from 'cloudflare:workers';
import type { DeliveryDetail, Invocation, LineageGraph } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { db } from '../../../workers/db/client.ts';
import {
  invocationStatements,
  noteWebhookDelivery,
  type WebhookDeliveryNote,
} from '../../../workers/domains/invocations/index.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

const echo = {
  nodes: [agentNode('start', 'trigger.manual'), agentNode('answer', 'logic.transform', { expression: 'trigger.n' })],
  edges: agentEdges('start>answer'),
};

describe('The row of a call', () => {
  let owner: Member;
  let agentId: string;
  beforeAll(async () => {
    owner = await signUp();
    agentId = (await publishedAgent(owner, echo)).id;
  });

  const read = async (id: string) => (await api<Invocation>(`/invocations/${id}`, { token: owner.token })).body;

  /** A call that has ended, as D1 has it. */
  async function ended(webhook_config: object | null): Promise<Invocation> {
    const outside = await externalAgent(owner, { webhook_config });
    const { body } = await invoke(outside, agentId, { n: 1 }, { wait: 20 });
    return eventually(async () => {
      const row = await read(body.invocation_id);
      return row.status === 'success' ? row : null;
    });
  }

  const shown = ({
    webhook_delivery_status,
    webhook_delivery_attempts,
    webhook_delivery_error,
    webhook_delivery_id,
  }: Invocation) => [
    webhook_delivery_status,
    webhook_delivery_attempts,
    webhook_delivery_error,
    webhook_delivery_id !== null,
  ];

  it('says that a result is on its way where the external agent has a webhook', async () => {
    const webhook_url = `${inject('targetUrl')}/hang`;
    const call = await ended({ platform: 'generic', webhook_url });
    const row = await eventually(async () => {
      const found = await read(call.id);
      return found.webhook_delivery_status === 'pending' ? found : null;
    });
    const delivery = await eventually(async () => {
      const found = await api<DeliveryDetail>(`/deliveries/${row.webhook_delivery_id}`, { token: owner.token });
      return found.status === 200 ? found.body : null;
    });
    expect(delivery).toMatchObject({ target_id: call.external_agent_id, event_type: 'external_agent.invoked' });
    expect(shown(await ended(null))).toEqual(['none', 0, null, false]);
  });

  it('takes what is told of the delivery, forward only', async () => {
    const call = await ended(null);
    const database = db(env, owner.organization_id);
    const delivery_id = `dlv_${call.external_agent_id}_${newId('event').slice(4)}`;
    const told = (status: WebhookDeliveryNote['status'], attempts: number, error: string | null) =>
      noteWebhookDelivery(database, owner.organization_id, {
        invocation_id: call.id,
        delivery_id,
        status,
        attempts,
        error,
      });
    const steps: [WebhookDeliveryNote['status'], number, string | null, unknown[]][] = [
      ['pending', 2, 'HTTP 500', ['pending', 2, 'HTTP 500', true]],
      ['pending', 1, 'HTTP 502', ['pending', 2, 'HTTP 500', true]],
      ['failed', 8, 'HTTP 503', ['failed', 8, 'HTTP 503', true]],
      ['pending', 9, 'HTTP 500', ['failed', 8, 'HTTP 503', true]],
      ['failed', 9, 'x'.repeat(600), ['failed', 9, 'x'.repeat(500), true]],
      ['delivered', 10, null, ['delivered', 10, null, true]],
      ['failed', 11, 'HTTP 500', ['delivered', 10, null, true]],
    ];
    for (const [status, attempts, error, expected] of steps) {
      expect(await told(status, attempts, error)).toBe(true);
      expect(shown(await read(call.id))).toEqual(expected);
    }

    const { body } = await api<LineageGraph>(`/invocations/${call.id}/lineage`, { token: owner.token });
    expect(body.nodes.find(({ type }) => type === 'delivery')).toMatchObject({
      id: delivery_id,
      name: `Webhook of ${call.external_agent_name}`,
      status: 'success',
      count: 10,
      failed: 9,
    });
    expect(body.edges).toContainEqual({ from: call.execution_id, to: delivery_id });
  });

  it('keeps it when its execution tells the call again', async () => {
    const call = await ended(null);
    const database = db(env, owner.organization_id);
    const delivery_id = `dlv_${call.external_agent_id}_${newId('event').slice(4)}`;
    const note = { invocation_id: call.id, delivery_id, status: 'delivered', attempts: 1, error: null } as const;
    await noteWebhookDelivery(database, owner.organization_id, note);
    const execution = await api<never>(`/executions/${call.execution_id}`, { token: owner.token });
    const told = {
      call: {
        external_agent_id: call.external_agent_id,
        name: call.external_agent_name,
        platform: call.platform,
        door: call.door,
        key_id: String(call.key_id),
      },
      summary: execution.body,
      request: { text: '1', state: 'whole' },
      response: { text: '2', state: 'whole' },
      event_id: newId('event'),
      revision: 1_000_000,
    } as const;
    const [first, ...rest] = invocationStatements(database, owner.organization_id, told);
    if (first === undefined) expect.fail('no statement');
    await database.batch([first, ...rest]);
    const row = await read(call.id);
    expect(row.response_payload).toBe(2);
    expect(shown(row)).toEqual(['delivered', 1, null, true]);
  });

  it('is to be told again where it is not there yet, and is nobody else’s', async () => {
    const call = await ended(null);
    const stranger = await signUp();
    const note = {
      invocation_id: call.id,
      delivery_id: `dlv_${call.external_agent_id}_${newId('event').slice(4)}`,
      status: 'failed',
      attempts: 1,
      error: 'HTTP 500',
    } as const;
    const elsewhere = db(env, stranger.organization_id);
    expect(await noteWebhookDelivery(elsewhere, stranger.organization_id, note)).toBe(false);
    const unknown = { ...note, invocation_id: newId('invocation') };
    expect(await noteWebhookDelivery(db(env, owner.organization_id), owner.organization_id, unknown)).toBe(false);
    expect((await read(call.id)).webhook_delivery_status).toBe('none');
  });
});
