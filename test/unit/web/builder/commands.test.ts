import { readFileSync } from 'node:fs';
import { type AgentDefinition, type AgentFile, agentDefinition } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import {
  addNode,
  autoLayout,
  connect,
  duplicate,
  insertPiece,
  moveNodes,
  pieceOf,
  reconnect,
  remove,
  renameNode,
  setNode,
  shiftNodes,
} from '../../../../web/src/features/builder/draft/commands.ts';
import { exitsInUse, exitsOf, whyNotConnect } from '../../../../web/src/features/builder/draft/exits.ts';
import { nodeAt, nodeKeys } from '../../../../web/src/features/builder/draft/keys.ts';
import { loopBodies } from '../../../../web/src/features/builder/draft/loop-bodies.ts';

const TRIAGE = (JSON.parse(readFileSync('examples/triage-agent.json', 'utf8')) as AgentFile).definition;
const EMPTY: AgentDefinition = { nodes: [], edges: [] };

function node(definition: AgentDefinition, key: string) {
  const found = nodeAt(definition, key);
  if (found === undefined) throw new Error(`no node ${key}`);
  return found;
}

/** A trigger, a question with two exits, and one step behind the first of them. */
function small(): AgentDefinition {
  const start = addNode(EMPTY, 'trigger.manual');
  const asked = addNode(start.definition, 'logic.if', { link: { kind: 'after', node: 'manual' } });
  return addNode(asked.definition, 'logic.transform', { link: { kind: 'after', node: 'if' } }).definition;
}

describe('adding a node', () => {
  it('connects it to what it follows and places it right of that', () => {
    const definition = small();
    expect(definition.nodes.map(({ id }) => id)).toEqual(['manual', 'if', 'transform']);
    expect(definition.edges).toEqual([
      { id: 'manual_if', source: 'manual', target: 'if' },
      { id: 'if_true_transform', source: 'if', target: 'transform', source_handle: 'true' },
    ]);
    const [left, right] = [node(definition, 'manual').position, node(definition, 'if').position];
    expect(right?.x).toBeGreaterThan((left?.x ?? 0) + 220);
    expect(agentDefinition.safeParse(definition).success).toBe(true);
  });

  it('takes the next exit that leads nowhere, and covers no other node', () => {
    const { definition, made } = addNode(small(), 'logic.transform', { link: { kind: 'after', node: 'if' } });
    expect(made).toEqual(['transform_2']);
    expect(definition.edges.at(-1)).toMatchObject({ source: 'if', source_handle: 'false', target: 'transform_2' });
    expect(node(definition, 'transform_2').position).not.toEqual(node(definition, 'transform').position);
  });

  it('on an edge stands between its ends, which make room', () => {
    const before = small();
    const { definition } = addNode(before, 'logic.delay', { link: { kind: 'edge', edge: 'if_true_transform' } });
    expect(definition.edges).toEqual([
      before.edges[0],
      { id: 'if_true_transform', source: 'if', target: 'delay', source_handle: 'true' },
      { id: 'delay_transform', source: 'delay', target: 'transform' },
    ]);
    expect(node(definition, 'transform').position?.x).toBeGreaterThan(node(before, 'transform').position?.x ?? 0);
  });

  it('leaves triggers unconnected, and what nothing can follow', () => {
    const { definition } = addNode(small(), 'trigger.webhook', { link: { kind: 'after', node: 'transform' } });
    expect(definition.edges).toHaveLength(2);
    const stopped = addNode(small(), 'logic.stop', { link: { kind: 'after', node: 'transform' } }).definition;
    expect(addNode(stopped, 'logic.delay', { link: { kind: 'after', node: 'stop' } }).definition.edges).toHaveLength(3);
  });

  it('never takes a name that expressions need', () => {
    expect(addNode(EMPTY, 'foreign.env').made).toEqual(['env_2']);
    expect(addNode(EMPTY, 'foreign.1-x').made).toEqual(['node']);
  });
});

describe('renaming a node', () => {
  it('takes its edges and every expression along, so that the draft stays valid', () => {
    const { definition } = renameNode(TRIAGE, 'priority', 'urgency');
    expect(JSON.stringify(definition.nodes)).not.toContain('priority.output');
    expect(node(definition, 'billing_team').config.expression).toContain('"priority": urgency.output.label');
    expect(definition.edges.filter((edge) => edge.source === 'urgency' || edge.target === 'urgency')).toHaveLength(2);
    expect(validateDefinition(definition)).toEqual(validateDefinition(TRIAGE));
    expect(renameNode(definition, 'urgency', 'priority').definition).toEqual(TRIAGE);
  });

  it('leaves edges and references alone where two nodes carry the id', () => {
    const twins: AgentDefinition = {
      nodes: [
        { id: 'a', type: 'trigger.manual', config: {} },
        { id: 'b', type: 'logic.transform', config: { expression: '1' } },
        { id: 'b', type: 'logic.transform', config: { expression: '2' } },
        { id: 'c', type: 'logic.transform', config: { expression: 'b.output' } },
      ],
      edges: [{ id: 'e', source: 'a', target: 'b' }],
    };
    expect(nodeKeys(twins)).toEqual(['a', 'b', 'b#2', 'c']);
    const { definition, made } = renameNode(twins, 'b#2', 'd');
    expect(made).toEqual(['d']);
    expect(definition.nodes.map(({ id }) => id)).toEqual(['a', 'b', 'd', 'c']);
    expect(definition.edges).toEqual(twins.edges);
    expect(node(definition, 'c').config.expression).toBe('b.output');
  });
});

describe('copies', () => {
  it('are connected and refer to each other as the originals do, and to the outside as before', () => {
    const { definition, made } = duplicate(TRIAGE, new Set(['priority', 'urgent', 'escalation']));
    expect(made).toEqual(['priority_2', 'urgent_2', 'escalation_2']);
    expect(node(definition, 'escalation_2').config.expression).toContain('priority_2.output.label');
    expect(node(definition, 'escalation_2').config.expression).toContain('summary.output.summary');
    const added = definition.edges.slice(TRIAGE.edges.length);
    expect(added).toEqual([
      { id: 'urgent_2_true_escalation_2', source: 'urgent_2', target: 'escalation_2', source_handle: 'true' },
    ]);
    expect(definition.nodes.slice(0, TRIAGE.nodes.length)).toEqual(TRIAGE.nodes);
  });

  it('go where they are pasted', () => {
    const piece = pieceOf(TRIAGE, new Set(['summary', 'category']));
    const { definition } = insertPiece(EMPTY, piece, { x: 101, y: 199 });
    expect(definition.nodes.map(({ position }) => position)).toEqual([
      { x: 100, y: 200 },
      { x: 100, y: 360 },
    ]);
  });
});

describe('removing', () => {
  it('takes the edges of a node with it, and no others', () => {
    const dangling = { ...TRIAGE, edges: [...TRIAGE.edges, { id: 'old', source: 'gone', target: 'ticket' }] };
    const definition = remove(dangling, { nodes: ['team'] });
    expect(definition.nodes).toHaveLength(TRIAGE.nodes.length - 1);
    expect(definition.edges.some((edge) => edge.source === 'team' || edge.target === 'team')).toBe(false);
    expect(definition.edges.at(-1)?.id).toBe('old');
    expect(remove(TRIAGE, { edges: ['ticket_summary'] }).edges).toHaveLength(TRIAGE.edges.length - 1);
    expect(remove(TRIAGE, {})).toBe(TRIAGE);
  });
});

describe('exits', () => {
  it('of a switch follow a case that gets another name', () => {
    const team = node(TRIAGE, 'team');
    const cases = (team.config.cases as { handle: string }[]).map((each) =>
      each.handle === 'spam' ? { ...each, handle: 'junk' } : each,
    );
    const definition = setNode(TRIAGE, 'team', { ...team, config: { ...team.config, cases } });
    expect(definition.edges.find((edge) => edge.target === 'quarantine')?.source_handle).toBe('junk');
    const fewer = setNode(TRIAGE, 'team', { ...team, config: { ...team.config, cases: cases.slice(1) } });
    expect(fewer.edges).toEqual(TRIAGE.edges);
  });

  it('are there for configs that are not finished and types that nobody knows', () => {
    const handles = (type: string, config = {}, on_error?: 'branch') =>
      exitsOf({ id: 'n', type, config, ...(on_error && { on_error }) }).map(({ handle }) => handle);
    expect(handles('logic.switch')).toEqual(['default']);
    expect(handles('logic.switch', { cases: [{ handle: 'a' }, 3, { equals: 1 }] })).toEqual(['a', 'default']);
    expect(handles('logic.loop')).toEqual(['each', 'out']);
    expect(handles('ai.chat', {}, 'branch')).toEqual(['out', 'error']);
    expect(handles('old.type')).toEqual(['out']);
    expect(handles('logic.stop')).toEqual([]);
    const unknown = exitsInUse({ id: 'n', type: 'logic.if', config: {} }, ['maybe']);
    expect(unknown.at(-1)).toMatchObject({ handle: 'maybe', known: false });
  });

  it('tell why two nodes may not be connected', () => {
    const from = (id: string, exit: string) => ({ node: node(TRIAGE, id), exit });
    expect(whyNotConnect(TRIAGE, from('urgent', 'true'), node(TRIAGE, 'quarantine'))).toBeNull();
    expect(whyNotConnect(TRIAGE, from('urgent', 'true'), node(TRIAGE, 'escalation'))).toContain('already');
    expect(whyNotConnect(TRIAGE, from('urgent', 'true'), node(TRIAGE, 'urgent'))).toContain('itself');
    expect(whyNotConnect(TRIAGE, from('team', 'spam'), node(TRIAGE, 'summary'))).toContain('circle');
    expect(whyNotConnect(TRIAGE, from('team', 'spam'), node(TRIAGE, 'ticket'))).toContain('trigger');
    expect(connect(TRIAGE, 'urgent', 'true', 'quarantine').edges.at(-1)).toEqual({
      id: 'urgent_true_quarantine',
      source: 'urgent',
      target: 'quarantine',
      source_handle: 'true',
    });
  });
});

describe('reconnecting', () => {
  it('lets an edge lead elsewhere under its own id', () => {
    const moved = reconnect(TRIAGE, 'urgent_team', { source: 'urgent', exit: 'true', target: 'quarantine' });
    expect(moved.edges.find(({ id }) => id === 'urgent_team')).toEqual({
      id: 'urgent_team',
      source: 'urgent',
      target: 'quarantine',
      source_handle: 'true',
    });
    expect(reconnect(TRIAGE, 'gone', { source: 'urgent', exit: 'true', target: 'team' })).toBe(TRIAGE);
  });
});

describe('places', () => {
  it('are changed for what was moved alone', () => {
    const moved = moveNodes(TRIAGE, new Map([['team', { x: 20, y: 40 }]]));
    expect(node(moved, 'team').position).toEqual({ x: 20, y: 40 });
    expect(node(moved, 'urgent')).toBe(node(TRIAGE, 'urgent'));
    expect(moveNodes(moved, new Map([['team', { x: 20, y: 40 }]]))).toBe(moved);
    expect(node(shiftNodes(moved, ['team'], { x: 0, y: -20 }), 'team').position).toEqual({ x: 20, y: 20 });
  });

  it('made by auto-layout go from left to right, one node beside the other', () => {
    const definition = autoLayout(TRIAGE);
    for (const { source, target } of definition.edges) {
      expect(node(definition, target).position?.x).toBeGreaterThan(node(definition, source).position?.x ?? 0);
    }
    const spots = definition.nodes.map(({ position }) => `${position?.x} ${position?.y}`);
    expect(new Set(spots).size).toBe(spots.length);
    const exits = [
      'billing_team',
      'technical_support',
      'account_security',
      'shipping_desk',
      'product_team',
      'quarantine',
    ];
    const heights = exits.map((id) => node(definition, id).position?.y ?? 0);
    expect(heights).toEqual([...heights].sort((left, right) => left - right));
  });
});

describe('the body of a loop', () => {
  it('is what its exit “each” leads to, loops inside it included', () => {
    const outer = addNode(EMPTY, 'logic.loop').definition;
    const inner = addNode(outer, 'logic.loop', { link: { kind: 'after', node: 'loop', exit: 'each' } }).definition;
    const step = addNode(inner, 'logic.delay', { link: { kind: 'after', node: 'loop_2', exit: 'each' } }).definition;
    const after = addNode(step, 'logic.stop', { link: { kind: 'after', node: 'loop', exit: 'out' } }).definition;
    expect(loopBodies(after)).toEqual([
      { loop: 'loop', nodes: new Set(['loop_2', 'delay']), depth: 0 },
      { loop: 'loop_2', nodes: new Set(['delay']), depth: 1 },
    ]);
    const laid = autoLayout(after);
    expect(node(laid, 'delay').position?.x).toBeGreaterThan(node(laid, 'loop_2').position?.x ?? 0);
  });
});
