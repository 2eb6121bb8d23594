import { describe, expect, it } from 'vitest';
import {
  afterAttempts,
  presentHealth,
  type StoredHealth,
} from '../../../durable-objects/organization/platform-health.ts';

const MINUTE = 60_000;
const slack = (delivered: number, failed: number) =>
  ({ platform: 'slack', delivered, failed, last_error: failed > 0 ? 'no_service' : null }) as const;

function history(...rounds: (readonly [delivered: number, failed: number, at: number])[]) {
  let health: StoredHealth | null = null;
  const told: string[] = [];
  for (const [delivered, failed, at] of rounds) {
    const next = afterAttempts(health, slack(delivered, failed), at);
    health = next.health;
    if (next.event !== null) told.push(next.event.type);
  }
  return { health: health as StoredHealth, told };
}

describe('the health of a chat platform', () => {
  it('is told once when most attempts fail, and once when they arrive again', () => {
    const { told, health } = history(
      [2, 0, 0],
      [0, 4, MINUTE],
      [0, 1, 2 * MINUTE],
      [0, 9, 3 * MINUTE],
      [8, 0, 30 * MINUTE],
    );
    expect(told).toEqual(['channel.unhealthy', 'channel.recovered']);
    expect(presentHealth(health, 30 * MINUTE)).toEqual({
      platform: 'slack',
      state: 'healthy',
      attempts: 8,
      failed: 0,
      last_error: 'no_service',
      unhealthy_since: null,
    });
  });

  it('is not told for a few failures, nor for many among many more that arrive', () => {
    expect(history([0, 4, 0]).told).toEqual([]);
    expect(history([20, 5, 0], [20, 5, MINUTE]).told).toEqual([]);
  });

  it('forgets what is older than an hour', () => {
    expect(history([0, 4, 0], [0, 4, 61 * MINUTE]).told).toEqual([]);
    expect(presentHealth(history([3, 1, 0]).health, 61 * MINUTE)).toMatchObject({ state: 'unknown', attempts: 0 });
  });

  it('stays unhealthy while some arrive and many fail', () => {
    const { told, health } = history([0, 5, 0], [1, 2, MINUTE], [2, 1, 2 * MINUTE]);
    expect(told).toEqual(['channel.unhealthy']);
    expect(presentHealth(health, 2 * MINUTE)).toMatchObject({ state: 'unhealthy', attempts: 11, failed: 8 });
  });
});
