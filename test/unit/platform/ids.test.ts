import { executionId, handoffId } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { derivedId, firstIdAt, newId } from '../../../workers/platform/ids.ts';

describe('derived ids', () => {
  const at = Date.parse('2026-11-21T10:00:00Z');

  it('are the same for the same origin, and differ by origin, kind and time', async () => {
    const id = await derivedId('execution', 'exe_1 call@0', at);
    expect(await derivedId('execution', 'exe_1 call@0', at)).toBe(id);
    expect(executionId.parse(id)).toBe(id);
    const handoff = await derivedId('handoff', 'exe_1 call@0', at);
    expect(handoffId.parse(handoff).slice(-16)).not.toBe(id.slice(-16));
    const others = [
      await derivedId('execution', 'exe_1 call@1', at),
      await derivedId('execution', 'exe_1 call@0', at + 1),
    ];
    expect(new Set([id, ...others]).size).toBe(3);
  });

  it('stand in lists where new ids of their time stand', async () => {
    const id = await derivedId('execution', 'exe_1 call', at);
    expect(id > firstIdAt('execution', at)).toBe(true);
    expect(id < newId('execution', at + 1)).toBe(true);
  });
});
