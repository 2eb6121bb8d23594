import { env } from 'cloudflare:workers';
import type { Delivery, Invocation, NotificationChannel, PlatformHealth } from '@agentflow/contracts';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { webhookTarget } from '../../../durable-objects/webhook-target/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { deskOf, detailOf, happen, TestReceiver } from '../../support/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

const SECRET = `whsec_${btoa('a signing key of thirty-two byte')}`;
let owner: Member;
beforeEach(async () => {
  owner = await signUp();
});

async function channel(config: Record<string, string>): Promise<NotificationChannel> {
  const body = { name: 'Ours', config, events: ['agent.*'] };
  const made = await api<NotificationChannel>('/notification-channels', { token: owner.token, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}

describe('a notification channel', () => {
  it('gets a message in the form of its platform, and its platform’s health is known', async () => {
    const receiver = new TestReceiver();
    await channel({ platform: 'generic', webhook_url: receiver.url, secret: SECRET });
    const [id = ''] = await happen(owner);
    const [got] = await receiver.gotAll(1);
    expect(got?.headers['webhook-id']).toBe(id);
    expect(() => new StandardWebhook(SECRET).verify(got?.body ?? '', got?.headers ?? {})).not.toThrow();
    const [health] = await eventually(async () => {
      const known = (await deskOf(owner).adapterHealth()) as PlatformHealth[];
      return known.length > 0 ? known : null;
    });
    expect(health).toMatchObject({ platform: 'generic', state: 'healthy', attempts: 1, failed: 0 });
  });

  it('gives up at once what its platform will never take', async () => {
    const receiver = new TestReceiver();
    await receiver.plan({ kind: 'answer', status: 403, body: 'action_prohibited' });
    const { id } = await channel({ platform: 'slack', webhook_url: receiver.url });
    await happen(owner);
    const detail = await eventually(async () => {
      const { data } = await webhookTarget(env.WEBHOOK_TARGET, id).deliveries({ limit: 1, before: undefined });
      const [first] = data as Delivery[];
      return first?.finished_at == null ? null : detailOf(owner, first);
    });
    expect(detail).toMatchObject({ status: 'failed', attempts: 1, last_status: 403 });
    expect(detail.url).not.toContain(receiver.name);
    expect(detail.request_body).toContain('text');
  });
});

describe('the webhook of an external agent', () => {
  it('gets the result of each call, and the call tells how far it is', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('sum', 'logic.transform', { expression: 'trigger.n + 1' }),
      ],
      edges: agentEdges('start>sum'),
    });
    const receiver = new TestReceiver();
    await receiver.plan({ kind: 'hold' });
    const caller = await externalAgent(owner, { webhook_config: { platform: 'generic', webhook_url: receiver.url } });
    const { body } = await invoke(caller, agent.id, { n: 1 }, { wait: 10 });
    const [got] = await receiver.gotAll(1);
    expect(JSON.parse(got?.body ?? '').data).toMatchObject({
      result: 2,
      status: 'success',
      external_agent_id: caller.id,
    });

    const of = () => api<{ data: Invocation[] }>(`/external-agents/${caller.id}/invocations`, { token: owner.token });
    await receiver.release();
    const told = await eventually(async () => {
      const [first] = (await of()).body.data;
      return first?.webhook_delivery_status === 'delivered' ? first : null;
    });
    expect(told).toMatchObject({
      execution_id: body.execution.id,
      webhook_delivery_attempts: 1,
      webhook_delivery_error: null,
    });
  });
});
