import { readFileSync } from 'node:fs';
import type { AgentDefinition, AgentFile } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { createBuilderStore } from '../../../../web/src/features/builder/builder-store.ts';
import { pieceFromText, pieceToText } from '../../../../web/src/features/builder/draft/clipboard.ts';
import { pieceOf } from '../../../../web/src/features/builder/draft/commands.ts';
import { placeAll } from '../../../../web/src/features/builder/draft/layout.ts';
import { openDraft } from '../../../../web/src/features/builder/draft/open-draft.ts';

const FILE = JSON.parse(readFileSync('examples/triage-agent.json', 'utf8')) as AgentFile;
const TRIAGE = FILE.definition;

function open(definition: AgentDefinition = TRIAGE) {
  const clock = { ms: 0 };
  const store = createBuilderStore(definition, () => clock.ms);
  return { clock, state: () => store.getState() };
}

describe('undo', () => {
  it('takes back whatever was done, and redo does it again', () => {
    const { state } = open();
    state().addNode('logic.delay', { link: { kind: 'after', node: 'escalation' } });
    state().renameNode('priority', 'urgency');
    state().remove({ nodes: ['team'] });
    state().autoLayout();
    const last = state().definition;
    for (let step = 0; step < 4; step += 1) state().undo();
    expect(state().definition).toBe(TRIAGE);
    state().undo();
    expect(state().definition).toBe(TRIAGE);
    for (let step = 0; step < 4; step += 1) state().redo();
    expect(state().definition).toBe(last);
    state().undo();
    state().addNode('logic.stop');
    state().redo();
    expect(state().future).toEqual([]);
  });

  it('takes back at once what was typed in one go', () => {
    const { state, clock } = open();
    const type = (name: string) => {
      const node = TRIAGE.nodes.find(({ id }) => id === 'team');
      if (node !== undefined) state().setNode('team', { ...node, name });
      clock.ms += 200;
    };
    for (const name of ['W', 'Wh', 'Who']) type(name);
    clock.ms += 5000;
    type('Who?');
    state().undo();
    expect(state().definition.nodes.find(({ id }) => id === 'team')?.name).toBe('Who');
    state().undo();
    expect(state().definition).toBe(TRIAGE);
  });

  it('keeps typing apart from what came between', () => {
    const { state } = open();
    state().select({ nodes: new Set(['team']) });
    state().nudge({ x: 20, y: 0 });
    state().nudge({ x: 20, y: 0 });
    state().addNode('logic.stop');
    state().select({ nodes: new Set(['team']) });
    state().nudge({ x: 20, y: 0 });
    expect(state().past).toHaveLength(3);
  });
});

describe('the selection', () => {
  it('is what was made, and loses what is gone', () => {
    const { state } = open();
    state().select({ nodes: new Set(['team', 'urgent']) });
    state().duplicate();
    expect([...state().selection.nodes]).toEqual(['urgent_2', 'team_2']);
    state().undo();
    expect(state().selection.nodes.size).toBe(0);
    state().selectAll();
    expect(state().selection.nodes.size).toBe(TRIAGE.nodes.length);
  });
});

describe('the clipboard', () => {
  it('gives back what was copied, and takes agent files and definitions', () => {
    const piece = pieceOf(TRIAGE, new Set(['urgent', 'team']));
    expect(piece.edges.map(({ id }) => id)).toEqual(['urgent_team']);
    expect(pieceFromText(pieceToText(piece))).toEqual(piece);
    expect(pieceFromText(JSON.stringify(FILE))?.nodes).toHaveLength(TRIAGE.nodes.length);
    expect(pieceFromText(JSON.stringify(TRIAGE))?.edges).toHaveLength(TRIAGE.edges.length);
  });

  it.each(['', 'hello', '{}', '{"nodes": []}', '{"nodes": [{"id": 3}]}', '[1]', 'null'])('takes no %s', (text) => {
    expect(pieceFromText(text)).toBeNull();
  });
});

describe('opening a draft', () => {
  it('lays out what has no places, and only that', () => {
    const bare = { ...TRIAGE, nodes: TRIAGE.nodes.map(({ position: _, ...node }) => node) };
    expect(placeAll(bare).nodes.every((node) => node.position !== undefined)).toBe(true);
    expect(placeAll(TRIAGE)).toBe(TRIAGE);
    const partly = {
      ...TRIAGE,
      nodes: TRIAGE.nodes.map((node, at) => (at === 3 ? { ...node, position: undefined } : node)),
    };
    const placed = placeAll(partly as AgentDefinition);
    expect(placed.nodes[3]?.position).toBeDefined();
    expect(placed.nodes[4]).toBe(TRIAGE.nodes[4]);
  });

  it('keeps what it does not know, and more nodes than are allowed', () => {
    const strange = {
      nodes: [
        ...Array.from({ length: 500 }, (_, at) => ({ id: `n${at}`, type: 'old.type', colour: 'red' })),
        { id: 'same', type: 'ai.chat', config: {} },
        { id: 'same', type: 'ai.chat', config: {} },
      ],
      edges: [{ id: 'e', source: 'n1', target: 'nowhere' }],
      extra: true,
    };
    const opened = openDraft(strange);
    expect(opened).toMatchObject({ extra: true, edges: strange.edges });
    expect(opened?.nodes).toHaveLength(502);
    expect(opened?.nodes[0]).toEqual({ id: 'n0', type: 'old.type', colour: 'red', config: {} });
    expect(placeAll(opened as AgentDefinition).nodes).toHaveLength(502);
  });

  it.each([
    null,
    {},
    { nodes: {}, edges: [] },
    { nodes: [{ id: 'a' }], edges: [] },
    { nodes: [], edges: [{ id: 'e' }] },
  ])('gives up what is no graph', (value) => {
    expect(openDraft(value)).toBeNull();
  });
});
