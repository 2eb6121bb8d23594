import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, ExecutionStep, JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

const start = agentNode('start', 'trigger.manual');

async function outputOf(owner: Member, nodes: ReturnType<typeof agentNode>[], edges: string[], input: JsonValue = {}) {
  const agent = await publishedAgent(owner, { nodes: [start, ...nodes], edges: agentEdges(...edges) });
  return runToEnd(owner, agent.id, input);
}

async function stepsOf(owner: Member, id: string): Promise<ExecutionStep[]> {
  const steps: ExecutionStep[] = [];
  let cursor = '';
  for (;;) {
    const page = await api<{ data: ExecutionStep[]; next_cursor: string | null }>(
      `/executions/${id}/steps?limit=100${cursor}`,
      { token: owner.token },
    );
    steps.push(...page.body.data);
    if (page.body.next_cursor === null) return steps;
    cursor = `&cursor=${page.body.next_cursor}`;
  }
}

describe('a loop', () => {
  it('runs its rounds and gives their outputs in order', async () => {
    const owner = await signUp();
    const run = await outputOf(
      owner,
      [
        agentNode('each_order', 'logic.loop', { items: '{{trigger.orders}}', concurrency: 3 }),
        agentNode('total', 'logic.transform', { expression: 'item.price * item.count' }),
        agentNode('labelled', 'logic.transform', {
          expression: '{"n": each_order.index, "of": each_order.item.id, "total": total.output}',
        }),
        agentNode('sum', 'logic.transform', { expression: '$sum(each_order.output.results.total)' }),
      ],
      ['start>each_order', 'each_order:each>total', 'total>labelled', 'each_order:out>sum'],
      {
        orders: [
          { id: 'a', price: 2, count: 3 },
          { id: 'b', price: 5, count: 1 },
          { id: 'c', price: 1, count: 1 },
        ],
      },
    );
    expect(run.output).toBe(12);
    const steps = await stepsOf(owner, run.id);
    expect(steps.find((step) => step.id === 'each_order')?.output).toEqual({
      results: [
        { n: 0, of: 'a', total: 6 },
        { n: 1, of: 'b', total: 5 },
        { n: 2, of: 'c', total: 1 },
      ],
      count: 3,
      failed: 0,
    });
    expect(steps.map((step) => step.id)).toEqual(
      expect.arrayContaining(['each_order@2#item', 'total@0', 'labelled@2']),
    );
    expect(steps.find((step) => step.id === 'each_order@1#item')).toMatchObject({
      input: { id: 'b' },
      output: { n: 1 },
    });
  });

  it('can stand in a loop, sees both items, and goes on while a condition holds', async () => {
    const owner = await signUp();
    const run = await outputOf(
      owner,
      [
        agentNode('rows', 'logic.loop', { count: 2 }),
        agentNode('columns', 'logic.loop', { items: '{{trigger.names}}', concurrency: 2 }),
        agentNode('cell', 'logic.transform', { expression: '$string(rows.item) & item' }),
        agentNode('growing', 'logic.loop', { while: '$length(item ?? "") < 3' }),
        agentNode('longer', 'logic.transform', { expression: '(item ?? "") & "x"' }),
        agentNode('both', 'logic.transform', {
          expression: '{"cells": columns.output.results, "grown": growing.output.results}',
        }),
      ],
      [
        'start>rows',
        'rows:each>columns',
        'columns:each>cell',
        'columns:out>growing',
        'growing:each>longer',
        'growing:out>both',
      ],
      { names: ['a', 'b'] },
    );
    expect(run.error).toBeNull();
    expect((run.output as { results: unknown }).results).toEqual([
      { cells: ['0a', '0b'], grown: ['x', 'xx', 'xxx'] },
      { cells: ['1a', '1b'], grown: ['x', 'xx', 'xxx'] },
    ]);
  });

  it('stops with the first failing round, or puts the error in its place', async () => {
    const owner = await signUp();
    const nodes = (on_item_error: string) => [
      agentNode('l', 'logic.loop', { items: [1, 0, 2], on_item_error }),
      agentNode('check', 'logic.if', { conditions: { all: [{ field: '{{item}}', operator: 'equals', value: 0 }] } }),
      agentNode('bad', 'logic.transform', { expression: '$error("no zeros")' }),
      agentNode('good', 'logic.transform', { expression: 'item * 10' }),
    ];
    const edges = ['start>l', 'l:each>check', 'check:true>bad', 'check:false>good'];
    const collected = await outputOf(owner, nodes('collect'), edges);
    expect(collected.output).toMatchObject({
      count: 3,
      failed: 1,
      results: [10, { error: { message: expect.stringContaining('no zeros') } }, 20],
    });
    const stopped = await outputOf(owner, nodes('stop'), edges);
    expect(stopped).toMatchObject({
      status: 'failed',
      error: { node_id: 'l', message: expect.stringMatching(/^Round 1: .*no zeros/) },
    });
    expect((await stepsOf(owner, stopped.id)).map((step) => step.id)).not.toContain('good@2');
  });

  it('of nothing gives nothing, and of what is no list fails', async () => {
    const owner = await signUp();
    const nodes = (items: JsonValue) => [
      agentNode('l', 'logic.loop', { items }),
      agentNode('a', 'logic.transform', { expression: 'item' }),
    ];
    const edges = ['start>l', 'l:each>a'];
    expect((await outputOf(owner, nodes([]), edges)).output).toEqual({ results: [], count: 0, failed: 0 });
    expect((await outputOf(owner, nodes('{{trigger.x}}'), edges)).error?.code).toBe('loop_items_invalid');
  });

  it('takes ten thousand rounds', async () => {
    const owner = await signUp();
    const run = await outputOf(
      owner,
      [
        agentNode('l', 'logic.loop', { count: 10_000, concurrency: 50 }),
        agentNode('a', 'logic.transform', { expression: 'item % 7' }),
      ],
      ['start>l', 'l:each>a'],
    );
    expect(run).toMatchObject({ status: 'completed', step_count: 10_002 });
    expect((run.output as { results: number[] }).results.slice(-3)).toEqual([9997 % 7, 9998 % 7, 9999 % 7]);
  }, 60_000);
});

describe('a delay', () => {
  it('lets the execution wait, is not counted as running time, survives an eviction, and ends by the alarm', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('pause', 'logic.delay', { seconds: '{{trigger.seconds}}' }),
        agentNode('after', 'logic.transform', { expression: 'pause.output.until' }),
      ],
      edges: agentEdges('start>pause', 'pause>after'),
      settings: { timeout_ms: 1000 },
    });
    const started = await api<Execution>(`/agents/${agent.id}/execute`, {
      token: owner.token,
      body: { input: { seconds: 1.5 } },
    });
    const read = async () => (await api<Execution>(`/executions/${started.body.id}`, { token: owner.token })).body;
    await eventually(async () => (await read()).status === 'waiting');
    await evictDurableObject(env.EXECUTION.get(env.EXECUTION.idFromName(started.body.id)));
    expect(await read()).toMatchObject({ status: 'waiting', waiting_reason: 'delay' });
    await eventually(async () => (await read()).status === 'completed');
    const steps = await stepsOf(owner, started.body.id);
    expect(steps.find((step) => step.id === 'pause')?.attempts).toHaveLength(1);
  });
});
