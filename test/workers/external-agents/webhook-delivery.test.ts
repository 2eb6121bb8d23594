import type {
  ChannelTestResult,
  DeliveryDetail,
  ExternalAgent,
  Invocation,
  JsonValue,
  LineageGraph,
} from '@agentflow/contracts';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { mockConfig, planAnswers, type ReceivedMessage, receivedMessages } from '../../support/chat-servers.ts';
import { TestReceiver } from '../../support/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

const echo = {
  nodes: [agentNode('start', 'trigger.manual'), agentNode('answer', 'logic.transform', { expression: 'trigger.text' })],
  edges: agentEdges('start>answer'),
};
const HOSTILE = '<!channel> @everyone *bold* _it_ `code` [link](javascript:alert(1)) <script> & 👩‍👩‍👧‍👦 ';

let owner: Member;
let agentId: string;
beforeEach(async () => {
  owner = await signUp();
  agentId = (await publishedAgent(owner, echo, 'Echo')).id;
});

/** A name that a platform keeps messages under; digits are what Discord's and Telegram's bots take. */
const freshName = () => String(Math.floor(Math.random() * 1e15) + 1e15);

/** What came in under a name, once there are so many. */
const received = (name: string, count: number): Promise<ReceivedMessage[]> =>
  eventually(async () => {
    const messages = await receivedMessages(name);
    return messages.length >= count ? messages : null;
  });

/** The call's row, once it is as wanted. */
const rowOf = (id: string, wanted: (row: Invocation) => boolean): Promise<Invocation> =>
  eventually(async () => {
    const { body } = await api<Invocation>(`/invocations/${id}`, { token: owner.token });
    return wanted(body) ? body : null;
  });

const delivered = ({ webhook_delivery_status }: Invocation) => webhook_delivery_status === 'delivered';

async function called(outside: { id: string; api_key: string }, text: JsonValue): Promise<string> {
  const { status, body } = await invoke(outside, agentId, { text }, { wait: 20 });
  expect({ status, result: body.status }, JSON.stringify(body)).toEqual({ status: 200, result: 'success' });
  return body.invocation_id;
}

const readDelivery = async (id: string | null) =>
  (await api<DeliveryDetail>(`/deliveries/${id}`, { token: owner.token })).body;

const DOORS = [
  ['teams', 'webhook'],
  ['discord', 'webhook'],
  ['discord', 'api'],
  ['slack', 'webhook'],
  ['slack', 'api'],
  ['telegram', 'api'],
  ['generic', 'webhook'],
] as const;

describe('From a call to what the platform received', () => {
  it.each(DOORS)('%s by its %s', async (platform, door) => {
    const name = freshName();
    const webhook_config = mockConfig(platform, name, door);
    const outside = await externalAgent(owner, { name: 'Claude of the desk', webhook_config });
    const text = HOSTILE.repeat(200);
    const invocationId = await called(outside, text);

    const [message] = await received(name, 1);
    // The mock platform refuses what the real one refuses: its schema, its limits, its markup.
    expect(message, message?.answer).toMatchObject({ platform, status: expect.toSatisfy((code) => code < 300) });
    expect(message?.body).toContain('Claude of the desk');
    if (platform === 'generic') {
      const body = new StandardWebhook(String((webhook_config as { secret?: string }).secret)).verify(
        message?.body ?? '',
        message?.headers ?? {},
      ) as { type: string; data: { invocation_id: string; result: string } };
      expect(body).toMatchObject({ type: 'external_agent.invoked', data: { invocation_id: invocationId } });
      expect(JSON.stringify(text)).toContain(body.data.result.slice(0, 1000));
    }
    if (platform === 'slack') expect(message?.body).not.toContain('<!channel>');
    if (platform === 'discord') expect(message?.message.allowed_mentions).toMatchObject({ parse: [] });

    const row = await rowOf(invocationId, delivered);
    expect(row).toMatchObject({ webhook_delivery_attempts: 1, webhook_delivery_error: null });
    const delivery = await readDelivery(row.webhook_delivery_id);
    expect(delivery).toMatchObject({
      target_id: outside.id,
      event_type: 'external_agent.invoked',
      status: 'delivered',
      request_body: message?.body,
      attempts_made: [{ outcome: 'delivered', status: message?.status }],
    });
    for (const secret of Object.values(webhook_config).filter((value) => String(value).length > 20)) {
      expect(JSON.stringify([delivery, row])).not.toContain(secret);
    }
    const lineage = await api<LineageGraph>(`/invocations/${invocationId}/lineage`, { token: owner.token });
    const node = lineage.body.nodes.find(({ type }) => type === 'delivery');
    expect(node).toMatchObject({ id: row.webhook_delivery_id, status: 'success' });

    const test = await api<ChannelTestResult>(`/external-agents/${outside.id}/test`, {
      method: 'POST',
      token: owner.token,
    });
    expect(test.body, JSON.stringify(test.body)).toMatchObject({
      delivery: { status: 'delivered', is_test: true, event_type: 'external_agent.invoked' },
      preview: { platform, kind: 'result', problems: [] },
    });
    const [, sample] = await received(name, 2);
    expect(sample?.message).toMatchObject(test.body.preview.payload as Record<string, JsonValue>);
  });
});

describe('The webhook of an external agent', () => {
  const generic = (receiver: TestReceiver) => ({ platform: 'generic', webhook_url: receiver.url });

  it('holds up no answer, and its state is on the row of the call', async () => {
    const receiver = new TestReceiver();
    await receiver.plan({ kind: 'hold' });
    const outside = await externalAgent(owner, { webhook_config: generic(receiver) });
    const id = await called(outside, 'x');
    await receiver.gotAll(1);
    await rowOf(id, ({ webhook_delivery_status }) => webhook_delivery_status === 'pending');
    await receiver.release();
    expect(await rowOf(id, delivered)).toMatchObject({ webhook_delivery_attempts: 1 });
  });

  it('that fails is tried again, and says how often and why', async () => {
    const receiver = new TestReceiver();
    await receiver.plan({ kind: 'answer', status: 500 }, { kind: 'answer', status: 204 });
    const outside = await externalAgent(owner, { webhook_config: generic(receiver) });
    const id = await called(outside, 'x');
    const failing = await rowOf(id, ({ webhook_delivery_attempts }) => webhook_delivery_attempts === 1);
    expect(failing).toMatchObject({
      webhook_delivery_status: 'pending',
      webhook_delivery_error: expect.stringContaining('500'),
    });
    const replayed = await api(`/deliveries/${failing.webhook_delivery_id}/replay`, {
      method: 'POST',
      token: owner.token,
    });
    expect(replayed.status).toBe(200);
    expect(await rowOf(id, delivered)).toMatchObject({ webhook_delivery_attempts: 2, webhook_delivery_error: null });
    expect(new Set((await receiver.gotAll(2)).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('that is gone is sent nothing any more, until it is set again', async () => {
    const name = freshName();
    await planAnswers(name, { times: 1, answer: { status: 410, headers: {}, body: '' } });
    const webhook_config = mockConfig('generic', name);
    const outside = await externalAgent(owner, { webhook_config });
    const gone = await called(outside, 'x');
    await rowOf(gone, ({ webhook_delivery_error }) => webhook_delivery_error?.includes('410') === true);
    const read = () => api<ExternalAgent>(`/external-agents/${outside.id}`, { token: owner.token });
    const disabled = await eventually(async () => (await read()).body.webhook_disabled);
    expect(disabled).toMatchObject({ reason: 'gone' });
    const after = await called(outside, 'x');
    await rowOf(
      after,
      ({ status, webhook_delivery_status }) => status === 'success' && webhook_delivery_status === 'none',
    );

    const set = await api<ExternalAgent>(`/external-agents/${outside.id}`, {
      method: 'PUT',
      token: owner.token,
      body: { webhook_config },
    });
    expect(set.body.webhook_disabled).toBeNull();
    await rowOf(await called(outside, 'x'), delivered);
    expect(await rowOf(after, () => true)).toMatchObject({ webhook_delivery_status: 'none' });
  });

  it('gets the results of its own calls, the failed ones too, and of no other', async () => {
    const [mine, theirs] = [new TestReceiver(), new TestReceiver()];
    const one = await externalAgent(owner, { webhook_config: generic(mine) });
    const two = await externalAgent(owner, { webhook_config: generic(theirs) });
    const failing = await publishedAgent(owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('stop', 'logic.stop', { status: 'failed', message: 'No.' }),
      ],
      edges: agentEdges('start>stop'),
    });
    const failed = await invoke(one, failing.id, {}, { wait: 20 });
    const other = await called(two, 'x');
    const bodies = async (receiver: TestReceiver) =>
      (await receiver.gotAll(1)).map(({ body }) => (JSON.parse(body) as { data: Record<string, unknown> }).data);
    expect(await bodies(mine)).toMatchObject([
      { invocation_id: failed.body.invocation_id, status: 'error', error: { message: 'No.' } },
    ]);
    expect(await bodies(theirs)).toMatchObject([{ invocation_id: other, status: 'success', result: 'x' }]);
  });

  it('can be tested only where there is one', async () => {
    const { id } = await externalAgent(owner);
    const test = (by: Pick<Member, 'token'>) => api(`/external-agents/${id}/test`, { method: 'POST', token: by.token });
    const problem = expectProblem(await test(owner), 422, 'validation_failed');
    expect(problem.errors?.[0]?.path).toBe('webhook_config');
    expectProblem(await test(await signUp()), 404, 'not_found');
  });

  it.each(['teams', 'discord', 'slack', 'generic'])(
    'of %s is not called where its name leads inside',
    async (platform) => {
      const webhook_config = { platform, webhook_url: 'http://metadata.example/api/webhooks/123456/name' };
      const { id } = await externalAgent(owner, { webhook_config });
      const { body } = await api<ChannelTestResult>(`/external-agents/${id}/test`, {
        method: 'POST',
        token: owner.token,
      });
      expect(body.delivery, JSON.stringify(body)).toMatchObject({
        status: 'failed',
        last_status: null,
        last_error: expect.stringMatching(/private or reserved/),
      });
    },
  );

  it('is refused where it leads inside, when it is saved', async () => {
    for (const webhook_url of ['http://127.0.0.1:9/hook', 'http://169.254.169.254/', 'https://vault.internal/']) {
      const body = { name: 'x', platform: 'custom', webhook_config: { platform: 'generic', webhook_url } };
      const problem = expectProblem(
        await api('/external-agents', { token: owner.token, body }),
        422,
        'validation_failed',
      );
      expect(problem.errors?.[0]?.path).toBe('webhook_config.webhook_url');
    }
  });
});
