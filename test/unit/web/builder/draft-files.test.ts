import { filesOf } from '@agentflow/agent-files';
import { describe, expect, it } from 'vitest';
import { createBuilderStore, hasUnread } from '../../../../web/src/features/builder/builder-store.ts';
import {
  foldersOf,
  movedFile,
  ownFile,
  pathOf,
  takenNames,
  withoutFile,
} from '../../../../web/src/features/builder/code/draft-files.ts';

const definition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {} },
    { id: 'answer', type: 'ai.chat', config: { prompt: 'Say {{trigger.name}}' } },
  ],
  edges: [{ id: 'e', source: 'start', target: 'answer' }],
  knowledge: { tone: '# Tone', prices: '# Prices' },
  tests: { hello: { input: {} } },
};

describe('the files of a draft as a tree', () => {
  const files = filesOf(definition);

  it('has the graph first, then folders in their order, each sorted', () => {
    expect(foldersOf({ 'zoo/a.md': '', ...files })).toEqual([
      { name: '', paths: ['agent.yaml'] },
      { name: 'prompts', paths: ['prompts/answer.prompt.md'] },
      { name: 'knowledge', paths: ['knowledge/prices.md', 'knowledge/tone.md'] },
      { name: 'tests', paths: ['tests/hello.json'] },
      { name: 'zoo', paths: ['zoo/a.md'] },
    ]);
  });

  it('knows which files stand for themselves', () => {
    expect(ownFile('knowledge/tone.md')).toEqual({ kind: 'note', name: 'tone' });
    expect(ownFile('tests/hello.json')).toEqual({ kind: 'test', name: 'hello' });
    expect(ownFile('prompts/answer.prompt.md')).toBeNull();
    expect(ownFile('agent.yaml')).toBeNull();
    expect(takenNames(files, 'note')).toEqual({ tone: true, prices: true });
    expect(pathOf('test', 'two')).toBe('tests/two.json');
  });

  it('moves and drops a file and nothing else', () => {
    const moved = movedFile(files, 'knowledge/tone.md', 'knowledge/voice.md');
    expect(moved['knowledge/voice.md']).toBe(files['knowledge/tone.md']);
    expect(Object.keys(moved)).toHaveLength(Object.keys(files).length);
    expect(Object.keys(withoutFile(files, 'agent.yaml'))).not.toContain('agent.yaml');
  });
});

it('files that can’t be read yet are kept until they can, or something else is taken', () => {
  const store = createBuilderStore(definition);
  store.getState().change({ ...definition, tests: {} });
  store.getState().setUnreadFiles({ 'agent.yaml': 'nodes: [' });
  expect(hasUnread(store.getState())).toBe(true);
  expect(store.getState().definition.tests).toEqual({});
  store.getState().undo();
  expect(hasUnread(store.getState())).toBe(false);
  store.getState().setUnreadFiles({ 'agent.yaml': '' });
  store.getState().replace(definition);
  expect(hasUnread(store.getState())).toBe(false);
});
