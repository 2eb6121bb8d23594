import { exports } from 'cloudflare:workers';
import type { Execution, ExecutionEvent, ExecutionStep, RetryPolicy } from '@agentflow/contracts';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { COOL_DOWN_MS, PATIENCE_MS } from '../../../workers/platform/circuit.ts';
import { circuitFetch } from '../../../workers/platform/outbound/circuit-fetch.ts';
import { OutboundError, outboundFetch } from '../../../workers/platform/outbound.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import type {} from '../../support/provided-context.ts';
import type { SeenCall } from '../../support/tool-server.ts';
import { type Clock, clock, isolate } from '../models/circuits.ts';

const tools = inject('toolServerUrl');
const target = inject('targetUrl');
const ONCE: RetryPolicy = { max_attempts: 1, initial_ms: 1, factor: 1, max_ms: 1 };

async function callsOf(path: string): Promise<number> {
  return (await (await fetch(`${tools}/calls/${path}`)).json<SeenCall[]>()).length;
}

describe('the circuit of a host behind the guarded client', () => {
  let time: Clock;
  let organization: string;
  let call: (url: string, init?: RequestInit) => Promise<string>;
  let path: string;
  beforeEach(() => {
    time = clock();
    organization = crypto.randomUUID();
    path = crypto.randomUUID();
    call = callOf(organization);
  });

  /** Calls as one isolate of this organization does, and gives the status or the code of the error. */
  function callOf(of: string) {
    const circuits = isolate(time);
    const guarded = circuitFetch(outboundFetch(exports.Outbound), (host) => circuits.host(of, host));
    return async (url: string, init?: RequestInit) => {
      try {
        const response = await guarded(url, init);
        await response.body?.cancel();
        return String(response.status);
      } catch (error) {
        if (error instanceof OutboundError) return `${error.code} ${error.retry_after_ms ?? ''}`.trim();
        if (init?.signal?.aborted) return 'cancelled';
        throw error;
      }
    };
  }

  async function fail(times: number) {
    for (let n = 0; n < times; n++) expect(await call(`${tools}/status/503/${path}`)).toBe('503');
  }

  it('opens after exactly five failures in a row, for all isolates of the organization and for nobody else', async () => {
    await fail(4);
    expect(await call(`${tools}/echo/${path}`)).toBe('200');
    await fail(5);
    expect(await call(`${tools}/echo/${path}`)).toBe(`upstream_unavailable ${COOL_DOWN_MS}`);
    expect(await callOf(organization)(`${tools}/echo/${path}`)).toBe(`upstream_unavailable ${COOL_DOWN_MS}`);
    expect(await callsOf(`echo/${path}`)).toBe(1);
    expect(await call(`${target}/echo`)).toBe('200');
    expect(await callOf(crypto.randomUUID())(`${tools}/echo/${path}`)).toBe('200');
  });

  it('lets one probe through after its rest', async () => {
    await fail(5);
    time.advance(COOL_DOWN_MS);
    const answers = await Promise.all(Array.from({ length: 5 }, () => call(`${tools}/echo/${path}`)));
    expect(answers.filter((answer) => answer === '200')).toHaveLength(1);
    expect(await call(`${tools}/echo/${path}`)).toBe('200');
    expect(await callsOf(`echo/${path}`)).toBe(2);
  });

  it.each(['400', '404', '429'])('takes %s for an answer', async (status) => {
    for (let n = 0; n < 6; n++) expect(await call(`${tools}/status/${status}`)).toBe(status);
    expect(await call(`${tools}/echo`)).toBe('200');
  });

  it('takes a redirect that is not followed for an answer, and a dropped connection for a failure', async () => {
    for (let n = 0; n < 6; n++) expect(await call(`${target}/redirect?status=302`)).toBe('outbound_redirect_refused');
    for (let n = 0; n < 5; n++) expect(await call(`${target}/drop`)).toBe('outbound_network');
    expect(await call(`${target}/echo`)).toMatch(/^upstream_unavailable/);
  });

  it('counts no call that was refused before it was sent', async () => {
    for (let n = 0; n < 6; n++) expect(await call('http://127.0.0.1:1/')).toBe('outbound_blocked');
  });

  it('counts neither what was cancelled nor a caller without patience, but an answer that is really late', async () => {
    const timeOut = () => new DOMException('Too long.', 'TimeoutError');
    const hang = async (reason: () => unknown, after = 0) => {
      const controller = new AbortController();
      const before = await hanging();
      const answer = call(`${target}/hang`, { signal: controller.signal });
      await eventually(async () => (await hanging()) > before);
      time.advance(after);
      controller.abort(reason());
      await answer;
      await eventually(async () => (await hanging()) === before);
    };
    const hanging = async () => (await (await fetch(`${target}/counts`)).json<{ hanging: number }>()).hanging;
    for (let n = 0; n < 5; n++) await hang(() => new Error('cancelled'), PATIENCE_MS);
    for (let n = 0; n < 5; n++) await hang(timeOut);
    expect(await call(`${target}/echo`)).toBe('200');
    for (let n = 0; n < 5; n++) await hang(timeOut, PATIENCE_MS);
    expect(await call(`${target}/echo`)).toMatch(/^upstream_unavailable/);
  });
});

describe('action.http', () => {
  const start = agentNode('start', 'trigger.manual');

  function agentOf(owner: Member, url: string, retry = ONCE) {
    const nodes = [start, agentNode('call', 'action.http', { url }, { retry })];
    return publishedAgent(owner, { nodes, edges: agentEdges('start>call') });
  }

  async function codeOf(owner: Member, agentId: string): Promise<string | undefined> {
    const { id } = await runToEnd(owner, agentId);
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token: owner.token });
    return steps.body.data.at(-1)?.error?.code;
  }

  it('sends nothing to a host that failed too often, and waits with its retry', async () => {
    const owner = await signUp();
    const path = `status/503/${crypto.randomUUID()}`;
    const agent = await agentOf(owner, `${tools}/${path}`);
    for (let n = 0; n < 5; n++) expect(await codeOf(owner, agent.id)).toBe('http_status');
    expect(await codeOf(owner, agent.id)).toBe('upstream_unavailable');
    expect(await callsOf(path)).toBe(5);

    const stubborn = await agentOf(owner, `${tools}/${path}`, { ...ONCE, max_attempts: 2 });
    const { body } = await api<Execution>(`/agents/${stubborn.id}/execute`, { token: owner.token, body: {} });
    const retrying = await eventually(async () => {
      const events = await api<{ data: ExecutionEvent[] }>(`/executions/${body.id}/events`, { token: owner.token });
      return events.body.data.find(({ type }) => type === 'step.retrying');
    });
    // Until the probe, not the millisecond of the node's own policy.
    expect(retrying.data).toMatchObject({ error: { code: 'upstream_unavailable' } });
    expect((retrying.data as { delay_ms: number }).delay_ms).toBeGreaterThan(100);
    await api(`/executions/${body.id}/cancel`, { method: 'POST', token: owner.token });

    const stranger = await signUp();
    expect(await codeOf(stranger, (await agentOf(stranger, `${tools}/${path}`)).id)).toBe('http_status');
    expect(await callsOf(path)).toBe(6);
  });
});
