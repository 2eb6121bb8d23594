import { describe, expect, it } from 'vitest';
import { edges, node, Simulation, type SimulationOptions, seeded } from './simulate.ts';

function simulate(nodes: ReturnType<typeof node>[], links: string[], options: Partial<SimulationOptions> = {}) {
  return new Simulation({ nodes, edges: edges(...links) }, { random: seeded(1), ...options }).toEnd();
}

const start = node('start', 'trigger.manual');

describe('advance', () => {
  it('runs a chain in order and takes the last output', () => {
    const run = simulate([start, node('a'), node('b')], ['start>a', 'a>b']);
    expect(run.starts).toEqual(['start', 'a', 'b']);
    expect(run.outcome).toEqual({ type: 'execution_completed', output_of: ['b'] });
  });

  it('starts all branches at once and joins when each has arrived', () => {
    const run = new Simulation(
      {
        nodes: [start, node('a'), node('b'), node('join', 'logic.merge')],
        edges: edges('start>a', 'start>b', 'a>join', 'b>join'),
      },
      { random: seeded(1) },
    );
    run.signal({ type: 'start' });
    run.signal({ type: 'step_completed', key: 'start', attempt: 1, handle: 'out' });
    expect(run.starts).toEqual(['start', 'a', 'b']);
    run.signal({ type: 'step_completed', key: 'b', attempt: 1, handle: 'out' });
    expect(run.starts).not.toContain('join');
    run.signal({ type: 'step_completed', key: 'a', attempt: 1, handle: 'out' });
    expect(run.starts.at(-1)).toBe('join');
  });

  it('skips the branch that was not taken, and the skip flows on to the join', () => {
    const run = simulate(
      [start, node('check', 'logic.if'), node('yes'), node('no'), node('after_no'), node('join', 'logic.merge')],
      ['start>check', 'check:true>yes', 'check:false>no', 'no>after_no', 'yes>join', 'after_no>join'],
      { behaviour: { check: { handle: 'true' } } },
    );
    expect(run.statuses()).toMatchObject({ yes: 'completed', no: 'skipped', after_no: 'skipped', join: 'completed' });
  });

  it('skips a join none of whose branches was taken', () => {
    const run = simulate(
      [start, node('pick', 'logic.switch'), node('a'), node('b'), node('join', 'logic.merge')],
      ['start>pick', 'pick:a>a', 'pick:b>b', 'a>join', 'b>join'],
      { behaviour: { pick: { handle: 'default' } } },
    );
    expect(run.statuses()).toMatchObject({ a: 'skipped', b: 'skipped', join: 'skipped' });
    expect(run.outcome).toEqual({ type: 'execution_completed', output_of: ['pick'] });
  });

  it('lets an any-merge go at the first arrival, once', () => {
    const run = simulate(
      [start, node('a'), node('b'), node('join', 'logic.merge', { config: { mode: 'any' } }), node('end')],
      ['start>a', 'start>b', 'a>join', 'b>join', 'join>end'],
    );
    expect(run.starts.filter((key) => key === 'join')).toHaveLength(1);
    expect(run.starts.filter((key) => key === 'end')).toHaveLength(1);
  });

  it('ends at once on stop and cancels what is still running', () => {
    const run = new Simulation(
      { nodes: [start, node('slow'), node('stop', 'logic.stop')], edges: edges('start>slow', 'start>stop') },
      { random: seeded(1) },
    );
    run.signal({ type: 'start' });
    run.signal({ type: 'step_completed', key: 'start', attempt: 1, handle: 'out' });
    run.signal({ type: 'step_stopped', key: 'stop', attempt: 1, error: null });
    expect(run.outcome).toEqual({ type: 'execution_completed', output_of: ['stop'] });
    expect(run.statuses()).toMatchObject({ slow: 'cancelled', stop: 'completed' });
    expect(run.signal({ type: 'step_completed', key: 'slow', attempt: 1, handle: 'out' })).toEqual([]);
  });

  it('retries what is retryable after its delay, up to the limit, and then fails with the last error', () => {
    const policy = { max_attempts: 3, initial_ms: 1000, factor: 2, max_ms: 60_000 };
    const good = simulate([start, node('a', 'action.http', { retry: policy })], ['start>a'], {
      behaviour: { a: { failures: 2 } },
    });
    expect(good.starts).toEqual(['start', 'a', 'a', 'a']);
    expect(good.now).toBe(750 + 1500);
    const bad = simulate([start, node('a', 'action.http', { retry: policy })], ['start>a'], {
      behaviour: { a: { failures: 3 } },
    });
    expect(bad.outcome).toEqual({
      type: 'execution_failed',
      error: { code: 'boom', message: 'It failed.', node_id: 'a' },
    });
  });

  it('does not retry what is not retryable', () => {
    const run = simulate([start, node('a', 'action.http')], ['start>a'], {
      behaviour: { a: { failures: 1, retryable: false } },
    });
    expect(run.starts).toEqual(['start', 'a']);
    expect(run.outcome?.type).toBe('execution_failed');
  });

  it('goes on after an error with `continue`, and by the error exit with `branch`', () => {
    const failing = { a: { failures: 9, retryable: false } };
    const onward = simulate([start, node('a', 'ai.chat', { on_error: 'continue' }), node('b')], ['start>a', 'a>b'], {
      behaviour: failing,
    });
    expect(onward.statuses()).toMatchObject({ a: 'failed', b: 'completed' });
    const branched = simulate(
      [start, node('a', 'ai.chat', { on_error: 'branch' }), node('good'), node('bad')],
      ['start>a', 'a>good', 'a:error>bad'],
      { behaviour: failing },
    );
    expect(branched.statuses()).toMatchObject({ a: 'failed', good: 'skipped', bad: 'completed' });
    expect(branched.outcome).toEqual({ type: 'execution_completed', output_of: ['bad'] });
  });

  it('cancels every open step, and nothing moves a terminal state', () => {
    const run = new Simulation(
      { nodes: [start, node('a'), node('b')], edges: edges('start>a', 'a>b') },
      { random: seeded(1) },
    );
    run.signal({ type: 'start' });
    run.signal({ type: 'step_completed', key: 'start', attempt: 1, handle: 'out' });
    run.signal({ type: 'cancel' });
    expect(run.statuses()).toEqual({ start: 'completed', a: 'cancelled' });
    for (const late of [
      { type: 'cancel' } as const,
      { type: 'start' } as const,
      { type: 'timeout' } as const,
      { type: 'interrupted' } as const,
      { type: 'timer', now: 1e12 } as const,
      { type: 'step_completed', key: 'a', attempt: 1, handle: 'out' } as const,
    ]) {
      expect(run.signal(late)).toEqual([]);
    }
  });

  it('does nothing while it is queued, and begins or is cancelled once', () => {
    const queued = () => {
      const run = new Simulation({ nodes: [start, node('a')], edges: edges('start>a') }, { random: seeded(1) });
      expect(run.signal({ type: 'queue' })).toEqual([{ type: 'execution_queued' }]);
      expect(run.signal({ type: 'interrupted' })).toEqual([]);
      expect(run.signal({ type: 'timer', now: 1e12 })).toEqual([]);
      expect(run.statuses()).toEqual({});
      return run;
    };
    const run = queued();
    expect(run.signal({ type: 'start' }).map(({ type }) => type)).toEqual(['execution_started', 'step_started']);
    expect(run.signal({ type: 'start' })).toEqual([]);
    expect(run.signal({ type: 'queue' })).toEqual([]);
    const reason = { code: 'replaced', message: 'Replaced.' };
    const cancelled = queued();
    expect(cancelled.signal({ type: 'cancel', reason })).toEqual([{ type: 'execution_cancelled', error: reason }]);
    expect(cancelled.signal({ type: 'start' })).toEqual([]);
  });

  it('fails on the time limit with its own code', () => {
    const run = new Simulation({ nodes: [start], edges: [] }, { random: seeded(1) });
    run.signal({ type: 'start' });
    run.signal({ type: 'timeout' });
    expect(run.outcome).toMatchObject({ type: 'execution_failed', error: { code: 'execution_timeout' } });
  });

  it('takes no result of an attempt that is not the running one', () => {
    const run = new Simulation({ nodes: [start, node('a')], edges: edges('start>a') }, { random: seeded(1) });
    run.signal({ type: 'start' });
    run.signal({ type: 'interrupted' });
    expect(run.signal({ type: 'step_completed', key: 'start', attempt: 1, handle: 'out' })).toEqual([]);
    expect(run.signal({ type: 'step_completed', key: 'start', attempt: 2, handle: 'out' })).not.toEqual([]);
  });

  it('fails a step that is interrupted without end', () => {
    const run = new Simulation({ nodes: [start], edges: [] }, { random: seeded(1) });
    run.signal({ type: 'start' });
    for (let crash = 0; crash < 30; crash++) run.signal({ type: 'interrupted' });
    expect(run.outcome).toMatchObject({ type: 'execution_failed', error: { code: 'interrupted', node_id: 'start' } });
  });
});
