import type { AgentDefinition, AgentNode, JsonValue, StepStatus } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { planRun, type RunScope } from '../../../../web/src/features/builder/test-run/run-plan.ts';

function node(id: string, type = 'logic.transform', config: AgentNode['config'] = { expression: '1' }): AgentNode {
  return { id, type, config };
}

function edge(source: string, target: string, source_handle?: string) {
  return { id: `${source}_${target}`, source, target, ...(source_handle === undefined ? {} : { source_handle }) };
}

const DEFINITION: AgentDefinition = {
  nodes: [
    node('start', 'trigger.manual', {}),
    node('ask', 'action.http', { url: 'https://example.com' }),
    node('check', 'logic.if', { conditions: { all: [] } }),
    node('yes'),
    node('no'),
    node('aside'),
    node('end', 'logic.merge', {}),
    node('each', 'logic.loop', { count: 2 }),
    node('body'),
    node('last'),
  ],
  edges: [
    edge('start', 'ask'),
    edge('ask', 'check'),
    edge('check', 'yes', 'true'),
    edge('check', 'no', 'false'),
    edge('start', 'aside'),
    edge('yes', 'end'),
    edge('no', 'end'),
    edge('aside', 'end'),
    edge('end', 'each'),
    edge('each', 'body', 'each'),
    edge('each', 'last', 'out'),
  ],
};

interface Known {
  outputs?: Record<string, JsonValue>;
  pins?: Record<string, JsonValue>;
  statuses?: Record<string, StepStatus>;
}

function plan(scope: RunScope, { outputs = {}, pins = {}, statuses = {} }: Known = {}) {
  return planRun(scope, { definition: DEFINITION, outputs, pins, statusOf: (id) => statuses[id] });
}

describe('what a test is asked for', () => {
  it('is everything, with the pins of nodes that are there', () => {
    expect(plan({ kind: 'all' })).toEqual({ ok: true });
    expect(plan({ kind: 'all' }, { pins: { ask: 1, gone: 2 } })).toEqual({ ok: true, pinned: { ask: 1 } });
  });

  it('is one node on what the nodes before it gave, with the trigger as it begins', () => {
    const outputs = { trigger: { n: 1 }, ask: 'a', check: { result: true } };
    expect(plan({ kind: 'only', node: 'yes' }, { outputs })).toEqual({
      ok: true,
      pinned: { ask: 'a', check: { result: true } },
      only: ['yes', 'start'],
    });
  });

  it('runs a node anew though its output is pinned, and takes a pin over the last output', () => {
    expect(plan({ kind: 'only', node: 'check' }, { outputs: { ask: 'last' }, pins: { ask: 'pin', check: 1 } })).toEqual(
      {
        ok: true,
        pinned: { ask: 'pin' },
        only: ['check', 'start'],
      },
    );
  });

  it('is a node and all behind it, on what meets them from the side', () => {
    const outputs = { ask: 'a', check: { result: true }, aside: 'b' };
    const from = plan({ kind: 'from', node: 'yes' }, { outputs });
    expect(from).toMatchObject({ ok: true, pinned: outputs });
    expect(from.ok && [...(from.only ?? [])].sort()).toEqual(['body', 'each', 'end', 'last', 'start', 'yes']);
  });

  it('says which outputs are missing, but for branches that the last run did not take', () => {
    expect(plan({ kind: 'only', node: 'yes' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('“Ask”, “Check” have'),
    });
    const outputs = { ask: 'a', check: { result: true }, yes: 1, aside: 1 };
    expect(plan({ kind: 'only', node: 'end' }, { outputs })).toMatchObject({
      ok: false,
      message: expect.stringContaining('“No” has no output yet'),
    });
    expect(plan({ kind: 'only', node: 'end' }, { outputs, statuses: { no: 'skipped' } })).toMatchObject({ ok: true });
  });

  it('says where a branch leads elsewhere, and that nodes in loops do not run by themselves', () => {
    const outputs = { ask: 'a', check: { result: false } };
    expect(plan({ kind: 'only', node: 'yes' }, { outputs })).toMatchObject({
      ok: false,
      message: 'With its last output “Check” does not lead to “Yes”. Pin an output there that does.',
    });
    expect(plan({ kind: 'from', node: 'body' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('“Each”'),
    });
  });

  it('runs a loop with what is in its rounds', () => {
    const outputs = { ask: 'a', check: { result: true }, yes: 1, aside: 1, end: 1 };
    const only = plan({ kind: 'only', node: 'each' }, { outputs, statuses: { no: 'skipped' } });
    expect(only.ok && only.only).toEqual(['each', 'body', 'start']);
  });
});
