import { describe, expect, it } from 'vitest';
import { costItems, costTable, storageCost } from '../../../bench/lib/cost-table.mjs';

const usage = {
  'worker.requests': 1,
  'worker.cpu_ms': 5,
  'desk.requests': 2,
  'desk.rows_read': 2,
  'desk.rows_written': 4,
  'desk.active_ms': 1,
  'execution.requests': 1,
  'execution.rows_read': 50,
  'execution.rows_written': 55,
  'execution.active_ms': 9,
  'execution.bytes': 20_000,
  alarms: 2,
  'd1.rows_read': 0,
  'd1.rows_written': 7,
  'd1.bytes': 2000,
  'r2.class_a': 0,
  'r2.class_b': 0,
};

describe('the table of costs', () => {
  it('prices what a million executions use', () => {
    const cost = Object.fromEntries(costItems(usage).map((item) => [item.what, item.cost]));
    expect(cost['Worker: requests']).toBeCloseTo(0.3);
    expect(cost['Worker: CPU, at most']).toBeCloseTo(0.1);
    expect(cost['execution object: rows written']).toBeCloseTo(55);
    // A million times 10 ms of 128 MB are 1,280 GB-s.
    expect(cost['objects: duration']).toBeCloseTo(0.016);
    // 20 GB in objects and 2 GB in D1.
    expect(storageCost(usage)).toBeCloseTo(5.5);
  });

  it('adds up', () => {
    const table = costTable(usage, 11);
    const total = costItems(usage).reduce((sum, item) => sum + item.cost, 0);
    expect(table).toContain(`| **together** | | | **$${total.toFixed(2)}** |`);
    expect(table).toContain('5 for each of its 11 steps');
    expect(table).not.toContain('NaN');
  });
});
