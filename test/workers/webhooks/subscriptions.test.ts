import { env } from 'cloudflare:workers';
import type {
  CreatedWebhook,
  DeliveryDetail,
  Project,
  Recovered,
  TestResult,
  Webhook,
  WebhookDetail,
} from '@agentflow/contracts';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { consoleLines } from '../../support/console-lines.ts';
import { deliveriesOf, detailOf, happen, target } from '../../support/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import { insideUrls, NO_URLS } from '../../support/inside-urls.ts';
import type { Got, Treatment } from '../../support/receiver.ts';
import { webhookOf } from '../../support/webhooks.ts';

const echo = {
  nodes: [agentNode('start', 'trigger.manual'), agentNode('answer', 'logic.transform', { expression: 'trigger.n' })],
  edges: agentEdges('start>answer'),
};
const REFUSING: Treatment = { kind: 'answer', status: 500 };
const TAKING: Treatment = { kind: 'answer', status: 204 };

let owner: Member;
beforeEach(async () => {
  owner = await signUp();
});

const put = (id: string, body: object) =>
  api<WebhookDetail>(`/webhooks/${id}`, { method: 'PUT', token: owner.token, body });
const rotate = async (id: string, body: object = {}) =>
  (await api<CreatedWebhook>(`/webhooks/${id}/rotate-secret`, { token: owner.token, body })).body;
const test = (id: string, body: object = {}, by: Pick<Member, 'token'> = owner) =>
  api<TestResult>(`/webhooks/${id}/test`, { token: by.token, body });
const replay = (id: string, by: Pick<Member, 'token'> = owner) =>
  api<DeliveryDetail>(`/deliveries/${id}/replay`, { method: 'POST', token: by.token });
const recover = (id: string, since: string) =>
  api<Recovered>(`/webhooks/${id}/recover`, { token: owner.token, body: { since } });

const typeOf = ({ body }: Got) => (JSON.parse(body) as { type: string }).type;
const dataOf = ({ body }: Got) => (JSON.parse(body) as { data: Record<string, unknown> }).data;

function verifies(secret: string, { body, headers }: Got): boolean {
  try {
    new StandardWebhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

async function auditActions(id: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT action FROM audit_logs WHERE resource_id = ? ORDER BY at, rowid')
    .bind(id)
    .all<{ action: string }>();
  return results.map(({ action }) => action);
}

describe('A secret that is rotated', () => {
  it('signs together with the new one until the overlap ends', async () => {
    const { receiver, webhook } = await target(owner);
    await happen(owner);
    await receiver.gotAll(1);
    const second = await rotate(webhook.id, { overlap_seconds: 3600 });
    await happen(owner);
    await receiver.gotAll(2);
    const third = await rotate(webhook.id, { overlap_seconds: 0 });
    await happen(owner);
    const [before, during, after] = await receiver.gotAll(3);
    if (before === undefined || during === undefined || after === undefined) expect.fail('three have arrived');
    const verified = (got: Got) => [webhook, second, third].map(({ secret }) => verifies(secret, got));
    expect(verified(before)).toEqual([true, false, false]);
    expect(verified(during)).toEqual([true, true, false]);
    expect(during.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    expect(verified(after)).toEqual([false, false, true]);
  });

  it('signs no more once the overlap has ended', async () => {
    const { receiver, webhook } = await target(owner);
    const second = await rotate(webhook.id, { overlap_seconds: 1 });
    await eventually(async () => {
      const { body } = await api<WebhookDetail>(`/webhooks/${webhook.id}`, { token: owner.token });
      return body.previous_secret_until === null;
    });
    await happen(owner);
    const [got] = await receiver.gotAll(1);
    if (got === undefined) expect.fail('one has arrived');
    expect([webhook, second].map(({ secret }) => verifies(secret, got))).toEqual([false, true]);
  });

  it('of Ed25519 does so, too', async () => {
    const { receiver, webhook } = await target(owner, { signature: 'v1a' });
    const second = await rotate(webhook.id);
    await happen(owner);
    const [got] = await receiver.gotAll(1);
    const signed = `${got?.headers['webhook-id']}.${got?.headers['webhook-timestamp']}.${got?.body}`;
    const bytes = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const signatures = (got?.headers['webhook-signature'] ?? '').split(' ').map((part) => bytes(part.slice(4)));
    const verified = async (publicKey: string | null) => {
      const raw = bytes(String(publicKey).slice('whpk_'.length));
      const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
      const verdicts = signatures.map((signature) =>
        crypto.subtle.verify('Ed25519', key, signature, new TextEncoder().encode(signed)),
      );
      return Promise.all(verdicts);
    };
    expect(await verified(second.public_key)).toEqual([true, false]);
    expect(await verified(webhook.public_key)).toEqual([false, true]);
    expect(got?.headers['x-webhook-signature']).toBeUndefined();
  });
});

describe('What a webhook is told', () => {
  it('comes once and by our name, however many names of it are asked for', async () => {
    const agent = await publishedAgent(owner, echo);
    const events = ['workflow.completed', 'agent.completed', 'execution.completed', 'execution.*', 'workflow.*'];
    const [many, every, alias, other] = await Promise.all([
      target(owner, { events }),
      target(owner, { events: ['*', 'execution.completed'] }),
      target(owner, { events: ['agent.completed'] }),
      target(owner, { events: ['workflow.failed'] }),
    ]);
    const { id } = await runToEnd(owner, agent.id, { n: 1 });
    const completed = (got: readonly Got[]) => got.filter((each) => typeOf(each) === 'execution.completed');
    for (const { receiver } of [many, every, alias]) await receiver.gotAll(1);
    // What comes behind it has arrived, so that a second one would have, too.
    await happen(owner, 1, 'execution.cancelled');
    await many.receiver.gotAll(3);
    for (const { receiver } of [many, every, alias]) {
      const got = completed(await receiver.got());
      expect(got.map((each) => dataOf(each).execution_id)).toEqual([id]);
    }
    expect((await many.receiver.got()).map(typeOf).sort()).toEqual([
      'execution.cancelled',
      'execution.completed',
      'execution.started',
    ]);
    expect((await alias.receiver.got()).map(typeOf)).toEqual(['execution.completed']);
    expect(await other.receiver.got()).toEqual([]);
  });

  it('is of the agents and projects that it asks for', async () => {
    const [mine, other] = [await publishedAgent(owner, echo, 'Mine'), await publishedAgent(owner, echo, 'Other')];
    const project = (await api<Project>('/projects', { token: owner.token, body: { name: 'Inside' } })).body;
    const events = ['execution.completed'];
    const ofAgent = await target(owner, { events, filter: { agent_ids: [mine.id] } });
    const ofProject = await target(owner, { events, filter: { project_ids: [project.id] } });
    const ofBoth = await target(owner, { events, filter: { agent_ids: [mine.id], project_ids: [project.id] } });
    const every = await target(owner, { events });
    const run = async (agentId: string, project_id?: string) => {
      const body = { input: { n: 1 }, ...(project_id === undefined ? {} : { project_id }) };
      const headers = { prefer: 'wait=20' };
      const answer = await api<{ id: string }>(`/agents/${agentId}/execute`, { token: owner.token, body, headers });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body.id;
    };
    const alone = await run(mine.id);
    const inside = await run(other.id, project.id);
    const both = await run(mine.id, project.id);
    await every.receiver.gotAll(3);
    const told = async ({ receiver }: typeof every, count: number) =>
      (await receiver.gotAll(count)).map((each) => dataOf(each).execution_id).sort();
    expect(await told(ofBoth, 1)).toEqual([both]);
    expect(await told(ofAgent, 2)).toEqual([alone, both].sort());
    expect(await told(ofProject, 2)).toEqual([inside, both].sort());
    await put(ofAgent.webhook.id, { filter: { agent_ids: [other.id] } });
    const later = await run(other.id);
    expect(await told(ofAgent, 3)).toContain(later);
  });

  it('comes with its headers, kept through changes that show them masked', async () => {
    const headers = { Authorization: 'Bearer token-of-the-receiver', 'X-Tenant': 'seven' };
    const { receiver, webhook } = await target(owner, { headers });
    await put(webhook.id, { headers: { ...webhook.headers, 'X-More': 'more' } });
    await happen(owner);
    const [got] = await receiver.gotAll(1);
    expect(got?.headers).toMatchObject({
      authorization: 'Bearer token-of-the-receiver',
      'x-tenant': 'seven',
      'x-more': 'more',
      'user-agent': expect.stringMatching(/^AgentFlow-Webhooks\//),
    });
  });

  it('waits while it is not active, and what happens then is not for it', async () => {
    const { receiver, webhook } = await target(owner);
    await put(webhook.id, { is_active: false });
    await happen(owner);
    await put(webhook.id, { is_active: true });
    const [after] = await happen(owner);
    expect((await receiver.gotAll(1)).map(({ headers }) => headers['webhook-id'])).toEqual([after]);
  });
});

describe('Deliveries', () => {
  it('are sent again one by one, or all that failed since a time', async () => {
    const { receiver, webhook } = await target(owner, { retry_seconds: [] }, REFUSING, REFUSING, TAKING);
    const [first = '', second = ''] = await happen(owner, 2);
    const failed = await deliveriesOf(
      owner,
      webhook,
      (all) => all.filter(({ status }) => status === 'failed').length === 2,
    );
    expect(failed.map(({ event_id }) => event_id)).toEqual([second, first]);
    const [one] = failed;
    expect((await replay(String(one?.id))).status).toBe(200);
    await deliveriesOf(owner, webhook, (all) => all[0]?.status === 'delivered');
    const recovered = await recover(webhook.id, new Date(Date.now() - 60_000).toISOString());
    expect(recovered.body).toEqual({ deliveries: 1 });
    await deliveriesOf(owner, webhook, (all) => all.every(({ status }) => status === 'delivered'));
    expect((await recover(webhook.id, '2026-01-01T00:00:00Z')).body).toEqual({ deliveries: 0 });
    const ids = (await receiver.got()).map(({ headers }) => headers['webhook-id']);
    expect(ids.sort()).toEqual([first, first, second, second].sort());
    expect(await auditActions(String(one?.id))).toEqual(['delivery.replayed']);
    expect(await auditActions(webhook.id)).toEqual(['webhook.created', 'webhook.recovered', 'webhook.recovered']);
  });

  it('are listed by status, type and event, page by page', async () => {
    const { webhook } = await target(owner);
    const ids = [...(await happen(owner, 2)), ...(await happen(owner, 1, 'execution.failed'))];
    await deliveriesOf(owner, webhook, (all) => all.filter(({ status }) => status === 'delivered').length === 3);
    const list = async (query: string) => {
      const answer = await api<{ data: { event_id: string }[]; next_cursor: string | null }>(
        `/webhooks/${webhook.id}/deliveries${query}`,
        { token: owner.token },
      );
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    };
    const found = async (query: string) => (await list(query)).data.map(({ event_id }) => event_id);
    expect(await found('')).toEqual([...ids].reverse());
    expect(await found('?event_type=workflow.failed')).toEqual([ids[2]]);
    expect(await found('?status=failed')).toEqual([]);
    expect(await found(`?event_id=${ids[1]}`)).toEqual([ids[1]]);
    const first = await list('?limit=2');
    expect(first.data).toHaveLength(2);
    expect(await found(`?limit=2&cursor=${first.next_cursor}`)).toEqual([ids[0]]);
    expectProblem(
      await api(`/webhooks/${webhook.id}/deliveries?cursor=x`, { token: owner.token }),
      422,
      'validation_failed',
    );
  });

  it('are not sent again while their webhook is not active', async () => {
    const { webhook } = await target(owner);
    await happen(owner);
    const [one] = await deliveriesOf(owner, webhook, (all) => all[0]?.status === 'delivered');
    await put(webhook.id, { is_active: false });
    expectProblem(await replay(String(one?.id)), 409, 'conflict');
    expectProblem(await recover(webhook.id, '2026-01-01T00:00:00Z'), 409, 'conflict');
    expect(await auditActions(String(one?.id))).toEqual([]);
  });

  it('are nobody else’s', async () => {
    const { webhook } = await target(owner);
    await happen(owner);
    const [one] = await deliveriesOf(owner, webhook, (all) => all[0]?.status === 'delivered');
    const stranger = await signUp();
    const theirs = await webhookOf(stranger);
    const id = String(one?.id);
    const event = id.slice(-26);
    for (const each of [
      id,
      `dlv_${theirs.id}_${event}`,
      `dlv_${newId('webhook')}_${event}`,
      `dlv_${newId('apiKey')}_${event}`,
    ]) {
      expectProblem(await api(`/deliveries/${each}`, { token: stranger.token }), 404, 'not_found');
      expectProblem(await replay(each, stranger), 404, 'not_found');
    }
    expectProblem(await api('/deliveries/nonsense', { token: owner.token }), 404, 'not_found');
    expectProblem(await test(webhook.id, {}, stranger), 404, 'not_found');
  });
});

describe('A test', () => {
  it('is sent by itself, or as the example of a type, to one that is not active, too', async () => {
    const { receiver, webhook } = await target(owner, { is_active: false, events: ['member.joined'] });
    const plain = await test(webhook.id);
    expect(plain.body.delivery).toMatchObject({ is_test: true, event_type: 'webhook.test', status: 'delivered' });
    const typed = await test(webhook.id, { type: 'workflow.failed' });
    expect(typed.body.delivery).toMatchObject({ is_test: true, event_type: 'execution.failed', attempts: 1 });
    const got = await receiver.gotAll(2);
    expect(got.map(typeOf)).toEqual(['webhook.test', 'execution.failed']);
    for (const each of got) expect(verifies(webhook.secret, each)).toBe(true);
    expectProblem(await test(webhook.id, { type: 'execution.exploded' }), 422, 'validation_failed');
    expect(await auditActions(webhook.id)).toEqual(['webhook.created', 'webhook.tested', 'webhook.tested']);
    const { body } = await api<{ data: Webhook[] }>('/events', { token: owner.token });
    expect(body.data).toEqual([]);
  });

  it('that fails says how', async () => {
    const { webhook } = await target(owner, {}, { kind: 'answer', status: 418, body: 'a teapot' });
    const { body } = await test(webhook.id);
    expect(body.delivery).toMatchObject({ status: 'failed', last_status: 418 });
    expect(body.delivery.attempts_made).toMatchObject([{ outcome: 'failed', status: 418, response_body: 'a teapot' }]);
  });
});

describe('Addresses that lead inside', () => {
  it('are refused when they are saved, in every spelling', async () => {
    const { port } = new URL(inject('targetUrl'));
    const { id } = await webhookOf(owner);
    for (const url of [...insideUrls(String(Number(port) + 1)), ...NO_URLS]) {
      const problem = expectProblem(await put(id, { url }), 422, 'validation_failed');
      expect(
        problem.errors?.map(({ path }) => path),
        url,
      ).toEqual(expect.arrayContaining(['url']));
    }
  });

  it.each(['private', 'metadata', 'mapped', 'mixed', 'alias'])(
    'are not called when the name %s.example turns out to be one',
    async (name) => {
      const { id } = await webhookOf(owner, { url: `http://${name}.example/hook` });
      const { body } = await test(id);
      expect(body.delivery).toMatchObject({ status: 'failed', last_status: null });
      expect(body.delivery.last_error).toMatch(/private or reserved/);
    },
  );
});

describe('Logs', () => {
  it('have no secret, no header and no body of a delivery that fails', async () => {
    const secret = `whsec_${btoa('a secret of 32 bytes, of my own.')}`;
    const headers = { Authorization: 'Bearer token-of-the-receiver' };
    const lines = await consoleLines(async () => {
      const { webhook } = await target(owner, { secret, headers, retry_seconds: [] }, REFUSING);
      await rotate(webhook.id);
      await happen(owner);
      const [one] = await deliveriesOf(owner, webhook, (all) => all[0]?.status === 'failed');
      await detailOf(owner, { id: String(one?.id) });
    });
    const text = JSON.stringify(lines);
    for (const hidden of [secret.slice(6), 'token-of-the-receiver']) expect(text).not.toContain(hidden);
  });
});
