import type { AgentDefinition } from '@agentflow/contracts';
import { type CallGraph, calledAgents, type KnownAgent, validateDefinition } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

const id = (letter: string) => `agt_${letter.repeat(26)}`;
const self = { id: id('a'), name: 'A' };

function calling(...ids: string[]): AgentDefinition {
  const start = { id: 'start', type: 'trigger.manual', config: {} };
  const nodes = ids.map((agent_id, index) => ({ id: `c${index}`, type: 'agent.call', config: { agent_id } }));
  const edges = nodes.map((node) => ({ id: node.id, source: 'start', target: node.id }));
  return { nodes: [start, ...nodes], edges };
}

/** A node whose model has these agents as tools. */
function tooling(...ids: string[]): AgentDefinition {
  const start = { id: 'start', type: 'trigger.manual', config: {} };
  const tools = ids.map((agent_id, index) => ({ kind: 'agent', name: `t${index}`, description: 'x', agent_id }));
  const act = { id: 'act', type: 'ai.agent', config: { model: 'openai/gpt-4o-mini', prompt: 'x', tools } };
  return { nodes: [start, act], edges: [{ id: 'e', source: 'start', target: 'act' }] };
}

/** `b>cd`: B calls C and D. */
function graph(...agents: string[]): CallGraph {
  return {
    self,
    agents: new Map(
      agents.map((text): [string, KnownAgent] => {
        const [name = '', calls = ''] = text.split('>');
        return [id(name), { name: name.toUpperCase(), published: true, calls: [...calls].map(id) }];
      }),
    ),
  };
}

function problems(definition: AgentDefinition, calls: CallGraph) {
  return validateDefinition(definition, { calls }).map(({ severity, code, path, message }) => ({
    severity,
    code,
    path,
    message,
  }));
}

describe('calls of agents', () => {
  it('that lead on are right', () => {
    expect(problems(calling(id('b'), id('c'), '{{trigger.agent}}'), graph('b>cd', 'c>d', 'd'))).toEqual([]);
  });

  it('that lead back are refused with the shortest way', () => {
    expect(problems(calling(id('b')), graph('b>dc', 'c>a', 'd>e', 'e>a'))).toEqual([
      {
        severity: 'error',
        code: 'call_cycle',
        path: 'nodes.1.config.agent_id',
        message: 'The call leads back to this agent: "A" → "B" → "C" → "A".',
      },
    ]);
    expect(problems(calling(self.id), graph())[0]?.message).toContain('"A" → "A"');
  });

  it('that a model makes by its tools count alike: the circle, the self reference, the depth', () => {
    expect(problems(tooling(id('b'), id('c')), graph('b', 'c>d', 'd>a'))).toMatchObject([
      {
        code: 'call_cycle',
        path: 'nodes.1.config.tools.1.agent_id',
        message: 'The call leads back to this agent: "A" → "C" → "D" → "A".',
      },
    ]);
    expect(problems(tooling(self.id), graph())).toMatchObject([{ code: 'call_cycle', severity: 'error' }]);
    const way = [...'bcdefghjk'].map((letter, at, all) => `${letter}>${all[at + 1] ?? ''}`);
    expect(problems(tooling(id('b')), graph(...way))).toMatchObject([{ severity: 'warning', code: 'call_too_deep' }]);
    expect(calledAgents(tooling(id('b'), '{{trigger.x}}'))).toEqual([id('b')]);
  });

  it('are no matter of circles that others make among themselves', () => {
    expect(problems(calling(id('b')), graph('b>c', 'c>b'))).toEqual([]);
  });

  it('go to agents that are there, and warn of those that can’t be started yet', () => {
    expect(problems(calling(id('z')), graph())[0]).toMatchObject({ severity: 'error', code: 'unknown_agent' });
    const agents = new Map([[id('b'), { name: 'B', published: false, calls: [] }]]);
    expect(problems(calling(id('b')), { self, agents })).toMatchObject([
      { severity: 'warning', code: 'agent_not_published' },
    ]);
    const settings = { on_failure_agent_id: id('z') };
    expect(problems({ ...calling(), settings }, graph())).toMatchObject([
      { code: 'unknown_agent', path: 'settings.on_failure_agent_id' },
    ]);
    expect(problems({ ...calling(), settings: { on_failure_agent_id: self.id } }, graph())).toEqual([]);
  });

  it('warn of a way that is deeper than a call may go', () => {
    const way = (length: number) => {
      const letters = [...'bcdefghjk'].slice(0, length);
      return graph(...letters.map((letter, index) => `${letter}>${letters[index + 1] ?? ''}`));
    };
    expect(problems(calling(id('b')), way(8))).toEqual([]);
    expect(problems(calling(id('b')), way(9))).toMatchObject([{ severity: 'warning', code: 'call_too_deep' }]);
  });

  it('name every agent once that a definition leads to', () => {
    const hand = { id: 'h', type: 'agent.handoff', config: { to_agent_id: id('d'), instructions: 'x' } };
    const definition = calling(id('b'), id('b'), '{{trigger.x}}', 'nonsense');
    const all = { ...definition, nodes: [...definition.nodes, hand], settings: { on_failure_agent_id: id('e') } };
    expect(calledAgents(all)).toEqual([id('b'), id('d'), id('e')]);
  });
});
