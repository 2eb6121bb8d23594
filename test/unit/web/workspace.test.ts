import type { JsonValue, WorkspaceFile } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import type { ShownStep } from '../../../web/src/features/executions/live-execution.ts';
import { filesOf, hasDeepAgent, lastWritten, planIn } from '../../../web/src/features/executions/workspace/files-of.ts';

const written = (path: string, version: number, deleted = false): WorkspaceFile => ({
  ...{ path, version, deleted, size: deleted ? 0 : 3 },
  ...{ step_id: 'work#t1.0', written_at: '2026-01-31T09:30:00.000Z' },
});

function call(tool: string, args: JsonValue, status: ShownStep['status'] = 'completed'): ShownStep {
  return { id: 'work#t1.0', status, record: { input: { tool, arguments: args } } } as unknown as ShownStep;
}

describe('the workspace of deep agents', () => {
  it('has each file once, with its versions from the newest, and what is deleted last', () => {
    const files = filesOf([written('b.md', 1), written('a.md', 1), written('b.md', 2), written('a.md', 2, true)]);
    expect(files.map(({ path, versions }) => [path, versions.map(({ version }) => version)])).toEqual([
      ['b.md', [2, 1]],
      ['a.md', [2, 1]],
    ]);
    expect(files[1]?.newest.deleted).toBe(true);
  });

  it('shows the file that was written last, where it is still there', () => {
    const shown = (...all: WorkspaceFile[]) => lastWritten(all, filesOf(all))?.path;
    const given = { ...written('a.md', 1), step_id: null };
    expect(shown(given, { ...given, path: 'c.md' })).toBe('a.md');
    expect(shown(given, written('b.md', 1))).toBe('b.md');
    expect(shown(given, written('b.md', 1), written('c.md', 1), written('c.md', 2, true))).toBe('b.md');
    expect(shown()).toBeUndefined();
  });

  it('has the plan that was written last', () => {
    const plan = (status: string) => ({ todos: [{ content: 'Read', status }] });
    expect(planIn([])).toEqual([]);
    expect(
      planIn([
        call('write_todos', plan('pending')),
        call('write_todos', plan('completed')),
        call('write_todos', plan('broken')),
        call('write_todos', plan('pending'), 'failed'),
        call('ls', {}),
      ]),
    ).toEqual([{ content: 'Read', status: 'completed' }]);
  });

  it('is there where an agent of the graph is deep', () => {
    const graph = (config: { [key: string]: JsonValue }) => ({
      nodes: [{ id: 'work', type: 'ai.agent', config }],
      edges: [],
    });
    expect(hasDeepAgent(graph({ deep: {} }))).toBe(true);
    expect(hasDeepAgent(graph({}))).toBe(false);
    expect(hasDeepAgent(undefined)).toBe(false);
  });
});
