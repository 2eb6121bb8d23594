import type { ExecutionStep, JsonValue } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';

const SECRET = `whsec_${btoa('a signing key of thirty-two byte')}`;

async function hmac(key: string, text: string): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(key),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(text)));
}

async function send(owner: Member, config: Record<string, JsonValue>) {
  const agent = await publishedAgent(owner, {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('tell', 'action.webhook', config, { retry: { max_attempts: 1, initial_ms: 0, factor: 1, max_ms: 0 } }),
    ],
    edges: agentEdges('start>tell'),
  });
  const run = await runToEnd(owner, agent.id, { team: 'billing' });
  const steps = await api<{ data: ExecutionStep[] }>(`/executions/${run.id}/steps`, { token: owner.token });
  return { run, step: steps.body.data.find(({ id }) => id === 'tell') };
}

describe('action.webhook', () => {
  it('signs what it posts with the secret, which is shown nowhere', async () => {
    const owner = await signUp();
    await api('/org/env-vars', { token: owner.token, body: { name: 'HOOK', value: SECRET } });
    const config = {
      url: `${inject('toolServerUrl')}/reflect/200`,
      event: 'ticket.triaged',
      payload: { team: '{{trigger.team}}' },
      secret: '{{env.HOOK}}',
    };
    const { run, step } = await send(owner, config);
    expect(run.error).toBeNull();
    const { id, status, body } = run.output as {
      id: string;
      status: number;
      body: { headers: Record<string, string>; body: string };
    };
    expect(status).toBe(200);
    expect(id).toBe(`${run.id}:tell::`);
    const { headers } = body;
    const sent = typeof body.body === 'string' ? body.body : JSON.stringify(body.body);
    expect(JSON.parse(sent)).toMatchObject({ type: 'ticket.triaged', data: { team: 'billing' } });
    expect(headers['webhook-id']).toBe(id);
    const key = atob(SECRET.slice('whsec_'.length));
    const signature = await hmac(key, `${id}.${headers['webhook-timestamp']}.${sent}`);
    expect(headers['webhook-signature']).toBe(`v1,${btoa(String.fromCharCode(...signature))}`);
    const plain = Array.from(await hmac(key, sent), (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(headers['x-webhook-signature']).toBe(plain);
    expect(Object.keys(headers)).not.toContain('x-agentflow-signing-secret');
    expect(JSON.stringify([run, step])).not.toContain(SECRET.slice(8));
    expect(step?.input).toMatchObject({ secret: '{{env.HOOK}}' });
  });

  it('fails with what the receiver answered, and without its secret', async () => {
    const owner = await signUp();
    await api('/org/env-vars', {
      token: owner.token,
      body: { name: 'HOOK', value: 'plain text', allowed_hosts: ['hooks.example.com'] },
    });
    const elsewhere = await send(owner, {
      url: `${inject('toolServerUrl')}/reflect/200`,
      event: 'x',
      secret: '{{env.HOOK}}',
    });
    expect(elsewhere.run.error?.code).toBe('secret_host_refused');
    const refused = await send(owner, { url: `${inject('toolServerUrl')}/status/410`, event: 'x', secret: 'text' });
    expect(refused.run.error).toMatchObject({ code: 'http_status', message: expect.stringContaining('410') });
  });
});
