import type { Execution, JsonValue } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { setSecret, stepsOf } from '../secrets/support.ts';
import { agentOf, ended, get, lastConversation, ONCE, run, type Seen, script, seen, step } from './looping.ts';

const mcp = inject('mcpServerUrl');

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

describe('tools of MCP servers', () => {
  const server = (path: string, more: object = {}): JsonValue => ({
    kind: 'mcp',
    server_url: `${mcp}/${path}`,
    ...more,
  });
  const add = { name: 'add', arguments: { a: 2, b: 40 } };

  it.each(['json', 'stream', 'session'])('are listed once and called: %s', async (kind) => {
    const turns = [
      { calls: [add, { name: 'look_up', arguments: { key: 'k' } }, { name: 'fail', arguments: {} }] },
      { text: '42' },
    ];
    const path = `${kind}/${crypto.randomUUID()}`;
    const { model, execution, steps } = await run(owner, turns, [server(path)]);
    expect(execution, JSON.stringify(steps)).toMatchObject({ status: 'completed', output: { text: '42' } });
    expect(step(steps, 'm0').output).toHaveLength(3);
    expect(step(steps, 't1.0').output).toBe('42');
    const results = (await lastConversation(model)).filter(({ role }) => role === 'tool');
    expect(results.map(({ content }) => content)).toEqual([
      '42',
      '{"key":"k","found":true}',
      expect.stringContaining('the disk is full'),
    ]);
    const calls = await get<Seen[]>(`${mcp}/calls/${path}`);
    expect(calls.filter(({ method }) => method === 'tools/list')).toHaveLength(1);
    const effects = calls.filter(({ method }) => method === 'tools/call').map((call) => call.idempotency_key);
    expect(effects.sort()).toEqual([0, 1, 2].map((index) => `${execution.id}:act::t1.${index}`));
    if (kind === 'session')
      await eventually(async () =>
        (await get<Seen[]>(`${mcp}/calls/${path}`)).some(({ method }) => method === 'DELETE'),
      );
  });

  it('are read out of a stream that the server leaves open', async () => {
    const { execution, steps } = await run(
      owner,
      [{ calls: [{ name: 'open', arguments: {} }] }, { text: 'Done' }],
      [server('open-stream')],
    );
    expect(execution.status, JSON.stringify(steps)).toBe('completed');
    expect(step(steps, 't1.0').output).toBe('still open');
  });

  it('are only those that are allowed, and carry the author’s secret', async () => {
    await setSecret(owner, 'MCP_TOKEN', 'mcp-secret-value');
    const path = `json/${crypto.randomUUID()}`;
    const headers = { authorization: 'Bearer {{env.MCP_TOKEN}}' };
    const turns = [{ calls: [add, { name: 'fail', arguments: {} }] }, { text: 'Done' }];
    const { steps } = await run(owner, turns, [server(path, { headers, allowed_tools: ['add', 'gone'] })]);
    expect(step(steps, 'm0').output).toMatchObject([{ name: 'add' }]);
    expect(step(steps, 't1.1').error?.code).toBe('tool_unknown');
    const calls = await get<{ authorization: string }[]>(`${mcp}/calls/${path}`);
    expect(new Set(calls.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer mcp-secret-value']));
    expect(JSON.stringify(steps)).not.toContain('mcp-secret-value');
  });

  it('can’t take the name of another tool', async () => {
    const turns = [
      {
        calls: ['calculator', 'calculator_2', 'a_b_c'].map((name) => ({
          name,
          arguments: name === 'calculator' ? { expression: '2+2' } : {},
        })),
      },
      { text: 'Done' },
    ];
    const { model, steps } = await run(owner, turns, [server('lies/names'), { kind: 'builtin', name: 'calculator' }]);
    expect([0, 1, 2].map((index) => step(steps, `t1.${index}`).output)).toEqual([4, 'mine', 'mine']);
    const sent = (await seen('v1/')).find(({ body }) => body.includes(model));
    const offered = JSON.parse(sent?.body ?? '{}').tools as { function: { name: string; description: string } }[];
    expect(offered.map((each) => each.function.name)).toEqual(['calculator', 'calculator_2', 'a_b_c']);
    expect(offered[2]?.function.description.length).toBeLessThan(4100);
  });

  it.each([
    ['lies/other-id', 'mcp_no_answer'],
    ['lies/version', 'mcp_protocol'],
    ['lies/no-list', 'mcp_protocol'],
    ['html', 'mcp_protocol'],
    ['refuse', 'mcp_status'],
  ])('fail the node when they can’t be listed: %s', async (path, code) => {
    const { execution } = await run(owner, [{ text: 'never' }], [server(path)]);
    expect(execution).toMatchObject({ status: 'failed', error: { code, node_id: 'act' } });
  });

  it('fail the node within its time limit when the server hangs', async () => {
    const { execution, steps } = await run(
      owner,
      [{ text: 'never' }],
      [server('hang')],
      {},
      { ...ONCE, timeout_ms: 200 },
    );
    expect(execution).toMatchObject({ status: 'failed', error: { code: 'step_timeout' } });
    expect(step(steps, 'm0').status).toBe('failed');
  });

  it('are used whatever their schemas are, which the server alone can check', async () => {
    const calls = [0, 1, 2].map((index) => ({ name: `odd${index}`, arguments: { a: 'x' } }));
    const { execution, steps } = await run(owner, [{ calls }, { text: 'Done' }], [server('lies/schemas')]);
    expect(execution, JSON.stringify(steps)).toMatchObject({ status: 'completed', output: { text: 'Done' } });
    expect([0, 1, 2].map((index) => step(steps, `t1.${index}`).output)).toEqual(['taken', 'taken', 'taken']);
  });

  it('are bounded in number', async () => {
    const { execution, steps } = await run(owner, [{ text: 'Done' }], [server('lies/endless')]);
    expect(execution.status).toBe('completed');
    expect((step(steps, 'm0').output as unknown[]).length).toBeLessThanOrEqual(128);
  });

  it.each([
    ['deep', 'mcp_protocol'],
    ['big', 'mcp_answer_too_large'],
    ['no-content', 'mcp_protocol', 'empty'],
    ['error', 'mcp_error'],
  ])('tell the model of a result that can’t be used: %s', async (kind, code, name = kind) => {
    const { execution, steps } = await run(
      owner,
      [{ calls: [{ name, arguments: {} }] }, { text: 'Too bad' }],
      [server(`lies/${kind}`)],
    );
    expect(execution).toMatchObject({ status: 'completed', output: { text: 'Too bad' } });
    expect(step(steps, 't1.0').error?.code).toBe(code);
  });

  it('are listed in a test, but not used', async () => {
    const path = `json/${crypto.randomUUID()}`;
    const definition = agentOf(`custom/${await script([{ calls: [add] }, { text: 'Done' }])}`, [server(path)]);
    const agent = await publishedAgent(owner, definition);
    const { body } = await api<Execution>(`/agents/${agent.id}/test`, { token: owner.token, body: {} });
    expect((await ended(owner, body.id)).status).toBe('completed');
    expect(step(await stepsOf(owner, body.id), 't1.0')).toMatchObject({
      blocked: true,
      output: { would_send: { tool: 'add', arguments: { a: 2, b: 40 } } },
    });
    const calls = await get<Seen[]>(`${mcp}/calls/${path}`);
    expect(calls.some(({ method }) => method === 'tools/call')).toBe(false);
  });
});
