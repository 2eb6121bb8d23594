import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AgentNode, Execution, JsonValue } from '@agentflow/contracts';
import { describe, expect, inject, it, vi } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { collectLogs, everythingKept, setSecret, stepsOf } from './support.ts';

const tools = inject('toolServerUrl');
const start = agentNode('start', 'trigger.manual');
const VALUE = 'T0k3n-"quoted"\\/é&=%';

interface Reflected {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A fresh path, so that a test finds its own calls. */
const path = () => `/reflect/200/${crypto.randomUUID()}`;

/** What arrived at a path. */
async function arrived(at: string): Promise<{ headers: Record<string, string>; body: string; path: string }[]> {
  return (await fetch(`${tools}/calls${at}`)).json();
}

/** Nodes in a row after the start. */
async function agentOf(owner: Member, ...nodes: AgentNode[]) {
  const ids = ['start', ...nodes.map(({ id }) => id)];
  const edges = agentEdges(...ids.slice(1).map((id, index) => `${ids[index]}>${id}`));
  return publishedAgent(owner, { nodes: [start, ...nodes], edges });
}

async function run(owner: Member, nodes: AgentNode[], input: JsonValue = {}): Promise<Execution> {
  return runToEnd(owner, (await agentOf(owner, ...nodes)).id, input);
}

function call(config: Record<string, JsonValue>, extra: Partial<AgentNode> = {}): AgentNode {
  return agentNode('call', 'action.http', { method: 'POST', ...config }, extra);
}

/** Statements that the Worker and its objects prepared meanwhile. */
async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const prepare = vi.spyOn(Object.getPrototypeOf(env.DB) as D1Database, 'prepare');
  await work();
  const statements = prepare.mock.calls.map(([statement]) => statement);
  prepare.mockRestore();
  return statements;
}

describe('a secret in a request', () => {
  it('arrives in URL, headers, body and Basic authentication, and is kept nowhere', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', VALUE);
    await setSecret(owner, 'SHORT', 'ab"1');
    const at = path();
    const logs = collectLogs();
    const execution = await run(owner, [
      call({
        url: `${tools}${at}?key={{env.TOKEN}}`,
        headers: { authorization: 'Basic {{$base64encode("jo:" & env.TOKEN)}}', 'x-short': '{{env.SHORT}}' },
        body: { list: [{ token: 'Bearer {{env.TOKEN}}' }], looked: '{{$lookup(env, "SHORT")}}', n: 1 },
      }),
      agentNode('after', 'logic.transform', { expression: '{"got": call.output, "own": env.TOKEN}' }),
    ]);
    logs.restore();
    expect(execution.error).toBeNull();
    const [seen] = await arrived(at);
    expect(seen?.headers.authorization).toBe(`Basic ${Buffer.from(`jo:${VALUE}`).toString('base64')}`);
    expect(seen?.headers['x-short']).toBe('ab"1');
    expect(JSON.parse(seen?.body ?? '')).toEqual({ list: [{ token: `Bearer ${VALUE}` }], looked: 'ab"1', n: 1 });

    const [, step] = await stepsOf(owner, execution.id);
    expect(step?.input).toMatchObject({
      url: `${tools}${at}?key={{env.TOKEN}}`,
      headers: { authorization: 'Basic jo:{{env.TOKEN}}', 'x-short': '{{env.SHORT}}' },
      body: { list: [{ token: 'Bearer {{env.TOKEN}}' }], looked: '{{env.SHORT}}', n: 1 },
    });
    // The shape of the HTTP node's output, around what the tool server answers.
    const answer = step?.output as unknown as { headers: Record<string, string>; body: Reflected };
    expect(answer.headers['x-echo']).toBe('Basic jo:{{env.TOKEN}}');
    expect(answer.body).toMatchObject({
      url: `${at}?key={{env.TOKEN}}`,
      headers: { authorization: 'Basic jo:{{env.TOKEN}}' },
    });
    expect(execution.output).toMatchObject({ own: '{{env.TOKEN}}' });

    const kept = (await everythingKept(owner, execution.id)) + logs.text();
    for (const spelling of ['T0k3n', encodeURIComponent(VALUE), Buffer.from(VALUE).toString('base64').slice(0, 12)]) {
      expect(kept).not.toContain(spelling);
    }
    expect(kept, 'no marker either').not.toMatch(/env[0-9a-f]{32}n\d+e/);
  });

  it('stays hidden in the error of a call that fails, and in what a later step is told of it', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const failing = `${tools}/reflect/400/${crypto.randomUUID()}`;
    const failed = await run(owner, [
      call({ url: failing, headers: { authorization: 'Bearer {{env.TOKEN}}' }, body: '{{env.TOKEN}}' }),
    ]);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'http_status' } });
    expect(failed.error?.message).toContain('answered 400');
    expect(failed.error?.message).toContain('{{env.TOKEN}}');
    expect(await everythingKept(owner, failed.id)).not.toContain('sup3r');

    const branched = await run(owner, [
      call({ url: failing, headers: { authorization: '{{env.TOKEN}}' } }, { on_error: 'continue' }),
      agentNode('tell', 'action.http', { url: `${tools}/echo`, method: 'POST', body: '{{call.output.error.message}}' }),
    ]);
    expect(branched.error).toBeNull();
    expect(await everythingKept(owner, branched.id)).not.toContain('sup3r');
  });

  it('is not carried along by a redirect', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const at = path();
    const url = `${tools}/redirect/{{env.TOKEN}}?to=${encodeURIComponent(tools + at)}`;
    const execution = await run(owner, [call({ url, headers: { authorization: '{{env.TOKEN}}' } })]);
    expect(execution.error).toMatchObject({ code: 'outbound_redirect_refused' });
    expect(await arrived(at)).toEqual([]);
    expect(await everythingKept(owner, execution.id)).not.toContain('sup3r');
  });

  it('stays hidden in what the way out says of its host', async () => {
    const owner = await signUp();
    const { hostname, port } = new URL(tools);
    await setSecret(owner, 'HOST', hostname);
    const execution = await run(owner, [call({ url: `http://{{env.HOST}}:${port}/redirect?to=x` })]);
    expect(execution.error).toMatchObject({
      code: 'outbound_redirect_refused',
      message: '{{env.HOST}} answered with a redirect, which is not followed.',
    });
  });

  it('stays hidden when a later request without it is answered with it', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const at = path();
    const execution = await run(owner, [
      call({ url: tools + at, body: '{{env.TOKEN}}' }),
      agentNode('later', 'action.http', { url: `${tools}/calls${at}` }),
    ]);
    expect(execution.output).toMatchObject({ body: [{ body: '{{env.TOKEN}}' }] });
    expect(await everythingKept(owner, execution.id)).not.toContain('sup3r');
  });

  it('stays hidden from a later answer also when the object has died in between', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const name = crypto.randomUUID();
    const at = path();
    const agent = await agentOf(
      owner,
      call({ url: tools + at, body: '{{env.TOKEN}}' }),
      agentNode('gate', 'action.http', { url: `${tools}/gate/${name}` }),
      agentNode('later', 'action.http', { url: `${tools}/calls${at}` }),
    );
    const { body: started } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    await fetch(`${tools}/waiting/${name}`);
    const stub = () => env.EXECUTION.get(env.EXECUTION.idFromName(started.id));
    await runInDurableObject(stub(), (_object, state) => state.abort('crash of the test')).catch(() => undefined);
    await fetch(`${tools}/open/${name}`);
    const ended = await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${started.id}`, { token: owner.token });
      return body.finished_at === null ? null : body;
    });
    expect(ended.output).toMatchObject({ body: [{ body: '{{env.TOKEN}}' }] });
    expect(await arrived(at)).toHaveLength(1);
    expect(await everythingKept(owner, started.id)).not.toContain('sup3r');
  });

  it('holds 8 KB', async () => {
    const owner = await signUp();
    const value = 'long ключ "\\\n'.repeat(700).slice(0, 8192);
    await setSecret(owner, 'LONG', value);
    const at = path();
    const execution = await run(owner, [call({ url: tools + at, body: { a: '{{env.LONG}}' } })]);
    expect(execution.error).toBeNull();
    expect(JSON.parse((await arrived(at))[0]?.body ?? '')).toEqual({ a: value });
    expect(await everythingKept(owner, execution.id)).not.toContain('ключ');
  });

  it('is refused where it would break a header', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r\r\nx-admin: 1');
    const at = path();
    const execution = await run(owner, [call({ url: tools + at, headers: { authorization: '{{env.TOKEN}}' } })]);
    expect(execution.error).toMatchObject({ code: 'http_header_invalid' });
    expect(await arrived(at)).toEqual([]);
    expect(await everythingKept(owner, execution.id)).not.toContain('sup3r');
  });

  it('goes to its allowed hosts only', async () => {
    const owner = await signUp();
    const { host, hostname } = new URL(tools);
    await setSecret(owner, 'HERE', 'sup3r-s3cret', { allowed_hosts: [host] });
    await setSecret(owner, 'ELSEWHERE', 'sup3r-s3cret', { allowed_hosts: ['api.example.com', `${hostname}:1`] });
    const at = path();
    expect((await run(owner, [call({ url: tools + at, body: '{{env.HERE}}' })])).error).toBeNull();
    const refused = await run(owner, [call({ url: tools + at, body: '{{env.HERE}} {{env.ELSEWHERE}}' })]);
    expect(refused.error).toMatchObject({
      code: 'secret_host_refused',
      message: expect.stringContaining('ELSEWHERE'),
    });
    expect((await stepsOf(owner, refused.id))[1]?.attempts).toHaveLength(1);
    expect(await arrived(at)).toHaveLength(1);
  });
});

describe('a secret that is not there', () => {
  it('fails the step by its name, once, and another organization’s of that name is never sent', async () => {
    const [owner, other] = [await signUp(), await signUp()];
    await setSecret(other, 'TOKEN', 'of-the-other');
    await setSecret(owner, 'TOKEN', 'of-the-owner');
    const at = path();
    const agent = await agentOf(owner, call({ url: tools + at, body: '{{env.TOKEN}}' }));
    await api('/org/env-vars/TOKEN', { method: 'DELETE', token: owner.token });
    const execution = await runToEnd(owner, agent.id);
    expect(execution.error).toMatchObject({ code: 'secret_missing', message: 'There is no secret TOKEN.' });
    expect((await stepsOf(owner, execution.id))[1]?.attempts).toHaveLength(1);
    expect(await arrived(at)).toEqual([]);
  });

  it('fails the step clearly when its row was tampered with', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const at = path();
    const agent = await agentOf(owner, call({ url: tools + at, body: '{{env.TOKEN}}' }));
    for (const sealed of ['nonsense', '1.AAAA.AAAA']) {
      await env.DB.prepare('UPDATE env_vars SET sealed_value = ? WHERE organization_id = ?')
        .bind(sealed, owner.organization_id)
        .run();
      const execution = await runToEnd(owner, agent.id);
      expect(execution.error).toMatchObject({
        code: 'secret_unreadable',
        message: expect.stringContaining('TOKEN'),
      });
    }
    expect(await arrived(at)).toEqual([]);
  });

  it('is no property that every object has', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const execution = await run(owner, [
      agentNode('read', 'logic.transform', {
        expression:
          '{"a": $lookup(env, "__proto__"), "b": $lookup(env, "constructor"), "c": $lookup(env, "toString"), "all": $keys(env), "t": env.TOKEN}',
      }),
    ]);
    expect(execution.output).toEqual({ all: 'TOKEN', t: '{{env.TOKEN}}' });
  });
});

describe('who chooses a secret', () => {
  it('is the author, never the input', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    await setSecret(owner, 'OTHER', 'an0ther-s3cret');
    const at = path();
    const agent = await agentOf(
      owner,
      call({
        url: tools + at,
        headers: { authorization: '{{env.TOKEN}}' },
        body: { text: '{{trigger.text}}', looked: '{{$lookup(env, trigger.name)}}' },
      }),
    );
    const guesses = ['{{env.OTHER}}', '{{env.TOKEN}}', 'env:TOKEN', `env${'0'.repeat(32)}n0e`];
    const execution = await runToEnd(owner, agent.id, { text: guesses.join(' '), name: 'OTHER' });
    expect(execution.error).toBeNull();
    const [seen] = await arrived(at);
    expect(JSON.parse(seen?.body ?? '')).toEqual({ text: guesses.join(' '), looked: null });
  });

  it('has markers that hold for one step, so that one that leaks opens nothing later', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const at = path();
    const later = path();
    await run(owner, [
      // Base64 in a body is not looked into: the service gets the marker, and gives it back.
      call({ url: tools + at, body: '{{$base64encode(env.TOKEN)}}' }),
      agentNode('later', 'action.http', {
        url: tools + later,
        method: 'POST',
        headers: { authorization: '{{env.TOKEN}}' },
        body: '{{$base64decode(call.output.body.body)}}',
      }),
    ]);
    const [sent] = await arrived(later);
    expect(sent?.headers.authorization).toBe('sup3r-s3cret');
    expect(sent?.body).toMatch(/^env[0-9a-f]{32}n0e$/);
  });
});

describe('a rotated secret', () => {
  it('holds for the next step of a run that has begun', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'first-value');
    const name = crypto.randomUUID();
    const at = path();
    const agent = await agentOf(
      owner,
      call({ url: `${tools}${at}/a`, body: '{{env.TOKEN}}' }),
      agentNode('gate', 'action.http', { url: `${tools}/gate/${name}` }),
      agentNode('again', 'action.http', { url: `${tools}${at}/b`, method: 'POST', body: '{{env.TOKEN}}' }),
    );
    const started = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    await fetch(`${tools}/waiting/${name}`);
    const second = { value: 'second-value' };
    await api('/org/env-vars/TOKEN', { method: 'PUT', token: owner.token, body: second });
    await fetch(`${tools}/open/${name}`);
    await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${started.body.id}`, { token: owner.token });
      return body.finished_at !== null;
    });
    expect((await arrived(at)).map(({ body }) => body)).toEqual(['first-value', 'second-value']);
    expect(await everythingKept(owner, started.body.id)).not.toMatch(/(first|second)-value/);
  });
});

describe('a test run', () => {
  it('shows what it would have sent, without secrets and without reading any', async () => {
    const owner = await signUp();
    await setSecret(owner, 'TOKEN', 'sup3r-s3cret');
    const at = path();
    const agent = await agentOf(
      owner,
      call({ url: tools + at, headers: { authorization: 'Bearer {{env.TOKEN}}' }, body: { k: '{{env.TOKEN}}' } }),
    );
    let execution: Execution | undefined;
    const statements = await statementsDuring(async () => {
      const answer = await api<Execution>(`/agents/${agent.id}/test`, {
        token: owner.token,
        body: {},
        headers: { prefer: 'wait=20' },
      });
      execution = answer.body;
    });
    expect(execution?.output).toMatchObject({
      would_send: { headers: { authorization: 'Bearer {{env.TOKEN}}' }, body: { k: '{{env.TOKEN}}' } },
    });
    expect(await arrived(at)).toEqual([]);
    expect(statements.filter((statement) => statement.includes('env_vars'))).toEqual([]);
  });
});

describe('reads', () => {
  it('happen once for a request that sends secrets, and never for others', async () => {
    const owner = await signUp();
    await setSecret(owner, 'A', 'sup3r-s3cret');
    await setSecret(owner, 'B', 'sup3r-s3cret');
    const plain = await agentOf(owner, call({ url: `${tools}/echo`, body: 'nothing of env' }));
    const reading = await agentOf(owner, call({ url: `${tools}/echo`, body: '{{env.A}}{{env.B}}' }));
    const about = (statements: string[]) => statements.filter((statement) => statement.includes('env_vars'));
    const none = await statementsDuring(() => runToEnd(owner, plain.id));
    expect(none.length, 'the spy sees what objects prepare').toBeGreaterThan(0);
    expect(about(none)).toEqual([]);
    expect(about(await statementsDuring(() => runToEnd(owner, reading.id)))).toHaveLength(1);
  });
});
