import type { AgentDefinition, ExecutionStep, StepStatus } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { edgeRuns, newsOf, nodeRuns } from '../../../../web/src/features/builder/test-run/run-view.ts';
import type { ShownStep } from '../../../../web/src/features/executions/live-execution.ts';

function step(id: string, status: StepStatus, record: Partial<ExecutionStep> | null = {}): ShownStep {
  const [node = id, path = ''] = (id.split('#')[0] ?? id).split('@');
  return {
    id,
    node_id: node,
    node_name: node,
    node_type: 'logic.transform',
    iteration: path,
    status,
    attempt: 1,
    started_at: null,
    finished_at: null,
    duration_ms: 12,
    input_tokens: 0,
    output_tokens: 0,
    cost_usd: 0,
    error: null,
    record: record === null ? null : ({ status, handle: 'out', ...record } as ExecutionStep),
  };
}

const NOTHING = new Map();

describe('a run on the canvas', () => {
  it('tells of each node how it fared, of one in a loop what matters most, and how many rounds there were', () => {
    const runs = nodeRuns(
      [
        step('start', 'completed'),
        step('loop', 'running', { handle: null }),
        step('loop@0#item', 'completed'),
        step('loop@1#item', 'running'),
        step('body@0', 'completed'),
        step('body@1', 'failed'),
        step('talk', 'running'),
        step('talk#t1.0', 'failed'),
      ],
      NOTHING,
    );
    expect(runs.get('start')).toMatchObject({ status: 'completed', durationMs: 12, rounds: null, exits: ['out'] });
    expect(runs.get('loop')).toMatchObject({ status: 'running', rounds: { ended: 1, open: 1 }, exits: ['each'] });
    expect(runs.get('body')).toMatchObject({ status: 'failed', durationMs: null, rounds: { ended: 2, open: 0 } });
    expect(runs.get('talk')).toMatchObject({ status: 'running' });
  });

  it('keeps what has not changed, so that it is not drawn again', () => {
    const before = nodeRuns([step('a', 'completed'), step('b', 'running')], NOTHING);
    expect(nodeRuns([step('a', 'completed'), step('b', 'running')], before)).toBe(before);
    const after = nodeRuns([step('a', 'completed'), step('b', 'completed')], before);
    expect(after.get('a')).toBe(before.get('a'));
    expect(after.get('b')).not.toBe(before.get('b'));
    expect(newsOf(before, after, (id) => id.toUpperCase())).toBe('B completed');
    const many = nodeRuns(
      ['a', 'b', 'c', 'd'].map((id) => step(id, 'running')),
      NOTHING,
    );
    expect(newsOf(NOTHING, many, (id) => id)).toBe('4 nodes running');
  });

  it('goes along the edges by which nodes were left', () => {
    const definition: AgentDefinition = {
      nodes: ['start', 'check', 'yes', 'no', 'bad'].map((id) => ({ id, type: 'logic.if', config: {} })),
      edges: [
        { id: 'one', source: 'start', target: 'check' },
        { id: 'true', source: 'check', target: 'yes', source_handle: 'true' },
        { id: 'false', source: 'check', target: 'no', source_handle: 'false' },
        { id: 'on', source: 'yes', target: 'bad' },
      ],
    };
    const runs = nodeRuns(
      [
        // Its record is not read yet.
        step('start', 'completed', null),
        step('check', 'completed', { handle: 'true' }),
        step('yes', 'running', null),
        step('no', 'skipped'),
      ],
      NOTHING,
    );
    expect([...edgeRuns(definition, runs)]).toEqual([
      ['one', 'taken'],
      ['true', 'running'],
    ]);
    const failed = nodeRuns([step('yes', 'completed'), step('bad', 'failed')], NOTHING);
    expect([...edgeRuns(definition, failed)]).toEqual([['on', 'failed']]);
  });
});
