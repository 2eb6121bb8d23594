import type { AgentDefinition, StepStatus } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import type { ShownStep } from '../../../web/src/features/executions/live-execution.ts';
import { nodeMarks, stepOfNode } from '../../../web/src/features/executions/node-marks.ts';
import { ancestorsOf, loopsOf, rowsInView, stepRows } from '../../../web/src/features/executions/step-tree.ts';
import { formatDuration } from '../../../web/src/lib/format.ts';

/** A loop in a loop, beside a loop whose rounds have the same numbers, before a tool loop. */
const definition: AgentDefinition = {
  nodes: ['start', 'rows', 'cells', 'cell', 'others', 'other', 'agent'].map((id) => ({
    id,
    type: ['rows', 'cells', 'others'].includes(id) ? 'logic.loop' : 'logic.transform',
    config: {},
  })),
  edges: ['start>rows', 'rows:each>cells', 'cells:each>cell', 'start>others', 'others:each>other', 'rows>agent'].map(
    (text) => {
      const [from = '', target = ''] = text.split('>');
      const [source = '', source_handle] = from.split(':');
      return { id: text, source, target, ...(source_handle === undefined ? {} : { source_handle }) };
    },
  ),
};
const loops = loopsOf(definition);

function step(id: string, status: StepStatus = 'completed'): ShownStep {
  const [place = '', call] = id.split('#');
  const [node_id = '', iteration = ''] = place.split('@');
  return {
    ...{ id, node_id, node_name: node_id, node_type: '', iteration, status, attempt: 1, record: null, error: null },
    ...{ started_at: null, finished_at: null, duration_ms: call === undefined ? 1200 : null },
    ...{ input_tokens: 0, output_tokens: 0, cost_usd: 0 },
  };
}

const steps = [
  'start',
  'rows',
  'rows@0#item',
  'others',
  'others@0#item',
  'cells@0',
  'cells@0.0#item',
  'cell@0.0',
  'other@0',
  'agent',
  'agent#t1',
  'agent#t1.0',
].map((id) => step(id));

const drawn = (folds = new Map<string, boolean>(), of = steps) =>
  stepRows(of, loops, folds).map(
    ({ step: { id }, depth, folded }) => `${'  '.repeat(depth)}${id}${folded ? ' +' : ''}`,
  );

describe('rows of the timeline', () => {
  it('stand below the rounds and callers that they belong to', () => {
    expect(drawn()).toEqual([
      'start',
      'rows',
      '  rows@0#item',
      '    cells@0',
      '      cells@0.0#item',
      '        cell@0.0',
      'others',
      '  others@0#item',
      '    other@0',
      'agent',
      '  agent#t1',
      '  agent#t1.0',
    ]);
    expect(ancestorsOf('cell@0.0', steps, loops)).toEqual(['cells@0.0#item', 'cells@0', 'rows@0#item', 'rows']);
  });

  it('fold by hand, and where a loop has many rounds, but for those that failed', () => {
    expect(drawn(new Map([['rows', true]]))[1]).toBe('rows +');
    const many = [
      step('others'),
      ...[0, 1, 2, 3].flatMap((n) => [step(`others@${n}#item`), step(`other@${n}`, n === 2 ? 'failed' : 'completed')]),
    ];
    expect(drawn(new Map(), many)).toEqual([
      'others',
      '  others@0#item +',
      '  others@1#item +',
      '  others@2#item',
      '    other@2',
      '  others@3#item +',
    ]);
    expect(drawn(new Map([['others@0#item', false]]), many)).toContain('    other@0');
    expect(stepRows(many, loops, new Map())[1]).toMatchObject({ below: 1, round: 1 });
  });

  it('stand below the loop while a round is not on record, and at the top without anything to belong to', () => {
    expect(drawn(new Map(), [step('others'), step('other@5')])).toEqual(['others', '  other@5']);
    expect(drawn(new Map(), [step('other@5'), step('agent#t1')])).toEqual(['other@5', 'agent#t1']);
  });

  it('are drawn where they are in view', () => {
    const view = { height: 400, row: 40, spare: 2 };
    expect(rowsInView(10_000, { ...view, scrolled: 0 })).toEqual({ from: 0, to: 12 });
    expect(rowsInView(10_000, { ...view, scrolled: 4000 })).toEqual({ from: 98, to: 112 });
    expect(rowsInView(5, { ...view, scrolled: 4000 })).toEqual({ from: 5, to: 5 });
  });
});

describe('the graph of a run', () => {
  it('shows of several steps of a node what tells the most, without its calls', () => {
    const marks = nodeMarks([step('other@0'), step('other@1', 'failed'), step('agent'), step('agent#t1', 'failed')]);
    expect(marks.get('other')).toEqual({ status: 'failed', exit: null, note: '2 times' });
    expect(marks.get('agent')).toEqual({ status: 'completed', exit: 'out', note: formatDuration(1200) });
    expect(stepOfNode([step('other@0'), step('other@1', 'failed')], 'other')).toBe('other@1');
    expect(stepOfNode([], 'other')).toBeUndefined();
  });
});
