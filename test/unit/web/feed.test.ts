import type { ExecutionSummary, FeedEvent } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { withExecution } from '../../../web/src/features/feed/apply-feed.ts';
import { feedWords } from '../../../web/src/features/feed/feed-words.ts';

const id = (n: number) => `exe_01m7zbp8enk7rarvwxec0978${String(n).padStart(2, '0')}`;

function execution(n: number, change: Partial<ExecutionSummary> = {}): ExecutionSummary {
  return {
    id: id(n),
    organization_id: 'org_01m7zbp8crwzskc63e7r44q7gc',
    agent_id: 'agt_01m7zbp8dqfn91906zgq57rkwv',
    agent_name: 'Triage',
    version: 1,
    mode: 'live',
    status: 'running',
    waiting_reason: null,
    trigger: 'manual',
    triggered_by: { type: 'user', id: 'usr_1', name: 'Ada' },
    parent_execution_id: null,
    root_execution_id: null,
    project_id: null,
    error: null,
    input_tokens: 0,
    output_tokens: 0,
    cost_usd: 0,
    step_count: 0,
    created_at: '2026-11-20T10:00:00.000Z',
    started_at: '2026-11-20T10:00:00.000Z',
    finished_at: null,
    duration_ms: null,
    ...change,
  };
}

const list = (...data: ExecutionSummary[]) => ({ data, next_cursor: null });
const idsOf = ({ data }: { data: readonly ExecutionSummary[] }) => data.map((each) => each.id);

describe('a list and an event', () => {
  it('takes a new execution in at its place', () => {
    const before = list(execution(3), execution(1));
    expect(idsOf(withExecution(before, {}, execution(4)))).toEqual([id(4), id(3), id(1)]);
    expect(idsOf(withExecution(before, {}, execution(2)))).toEqual([id(3), id(2), id(1)]);
    expect(idsOf(withExecution(list(), {}, execution(1)))).toEqual([id(1)]);
  });

  it('leaves what stands on another page, or of which too little is told', () => {
    const full = { data: [execution(5), execution(4)], next_cursor: 'next' };
    expect(withExecution(full, {}, execution(1))).toBe(full);
    const later = list(execution(3));
    expect(withExecution(later, { cursor: 'there' }, execution(9))).toBe(later);
    const { agent_id } = execution(9);
    expect(withExecution(later, {}, { id: id(9), agent_id, status: 'running' })).toBe(later);
  });

  it('changes a row, and keeps what has ended', () => {
    const { agent_id } = execution(1);
    const queued = list(execution(1, { status: 'queued' }));
    const begun = withExecution(queued, {}, { id: id(1), agent_id, status: 'running' });
    expect(begun.data[0]).toMatchObject({ status: 'running', agent_name: 'Triage' });
    const ended = withExecution(begun, {}, execution(1, { status: 'failed' }));
    expect(ended.data[0]?.status).toBe('failed');
    expect(withExecution(ended, {}, execution(1))).toBe(ended);
  });

  it('follows the filter: rows come, go, and are nobody else’s', () => {
    const running = list(execution(1));
    expect(withExecution(running, { status: 'running' }, execution(1, { status: 'completed' })).data).toEqual([]);
    expect(idsOf(withExecution(list(), { status: 'failed' }, execution(1, { status: 'failed' })))).toEqual([id(1)]);
    for (const filter of [
      { agent_id: 'agt_01m7zbp8dqfn91906zgq57rkwx' },
      { trigger: 'api' as const },
      { project_id: 'prj_01m7zbp8dqfn91906zgq57rkwx' },
      { parent: id(7) },
      { root: 'false' as const },
      { from: '2026-11-20T11:00:00.000Z' },
      { to: '2026-11-20T09:59:59.999Z' },
    ]) {
      expect(withExecution(list(), filter, execution(1)).data, JSON.stringify(filter)).toEqual([]);
    }
  });
});

describe('what is said', () => {
  const event = (type: string, data: object) => ({ seq: 1, at: '', type, data }) as unknown as FeedEvent;

  it('names one, counts several, and is silent about what has only begun', () => {
    const ended = (how: 'completed' | 'failed') => event(`execution.${how}`, { execution: execution(1) });
    expect(feedWords([event('execution.started', { execution: execution(1) })])).toBeNull();
    expect(feedWords([ended('completed')])).toBe('Triage completed.');
    const asks = event('approval.requested', { approval: { agent_name: 'Refunds' } });
    expect(feedWords([ended('failed'), ended('completed'), ended('completed'), asks])).toBe(
      'Triage failed, 2 executions completed, Refunds asks for a decision.',
    );
  });
});
