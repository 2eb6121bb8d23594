import { describe, expect, it } from 'vitest';
import {
  admitProbe,
  type Circuit,
  type CircuitEnd,
  CLOSED,
  COOL_DOWN_MS,
  isQuiet,
  LONGEST_COOL_DOWN_MS,
  LONGEST_PAUSE_MS,
  PROBE_MS,
  record,
  refusalOf,
  viewOf,
  WINDOW,
} from '../../../workers/platform/circuit.ts';

const NOW = 1_000_000;

function ended(circuit: Circuit, outcome: CircuitEnd['outcome'], now = NOW, more: Partial<CircuitEnd> = {}): Circuit {
  const end = { outcome, probe: 0, paused_until: 0, ...more };
  return record(circuit, { successes: 0, succeeded_at: 0, end }, now);
}

/** `f` fails, `.` succeeds, `-` tells nothing. */
function having(calls: string, circuit = CLOSED): Circuit {
  const outcomes = { f: 'failed', '.': 'ok', '-': 'neither' } as const;
  return [...calls].reduce((state, call) => ended(state, outcomes[call as keyof typeof outcomes]), circuit);
}

const OPEN = having('fffff');
const refused = (circuit: Circuit, now: number) => refusalOf(viewOf(circuit), now, 0);

describe('a closed circuit', () => {
  it.each([
    ['ffff', 'closed'],
    ['fffff', 'open'],
    ['ffff.ffff', 'closed'],
    ['ffff.fffff', 'open'],
    ['ff-ff-', 'closed'],
    ['ff--fff', 'open'],
    // Half of the last twenty, never five in a row.
    ['f.f.f.f.f.f.f.f.f.f', 'closed'],
    ['f.f.f.f.f.f.f.f.f..', 'closed'],
    ['f.f.f.f.f.f.f.f.f.f.', 'closed'],
    ['f.f.f.f.f.f.f.f.f.f.f', 'open'],
    ['.f.f.f.f.f.f.f.f.f.f', 'open'],
    ['...........ff.ff.ff.ff.ff', 'open'],
    ['..f.f.f.f.f.f.f.f.f.', 'closed'],
  ])('after %s is %s', (calls, phase) => {
    expect(having(calls).phase).toBe(phase);
  });

  it('lets calls through', () => {
    expect(refused(having('ffff'), NOW)).toBeNull();
  });

  it('takes successes that are told late for what they were: before the failures, not between them', () => {
    const failing = having('ffff');
    const late = (succeeded_at: number) => record(failing, { successes: 3, succeeded_at, end: null }, NOW + 500);
    expect(having('f', late(NOW - 1)).phase).toBe('open');
    expect(having('f', late(NOW + 1)).phase).toBe('closed');
    expect(late(NOW - 1).recent).toEqual([false, false, false, true, true, true, true]);
  });

  it('never looks back on more than the last twenty', () => {
    const many = record(having('ff'), { successes: 500, succeeded_at: NOW + 1, end: null }, NOW + 1);
    expect(many.recent).toHaveLength(WINDOW);
    expect(isQuiet(many, NOW + 1)).toBe(true);
    expect(isQuiet(having('f'), NOW)).toBe(false);
  });
});

describe('an open circuit', () => {
  it('refuses until its rest is over, and tells how long that is', () => {
    expect(refused(OPEN, NOW)).toEqual({ reason: 'open', retry_after_ms: COOL_DOWN_MS });
    expect(refused(OPEN, NOW + COOL_DOWN_MS - 1)).toEqual({ reason: 'open', retry_after_ms: 1 });
    expect(refusalOf(viewOf(OPEN), NOW, 1)?.retry_after_ms).toBe(COOL_DOWN_MS * 1.2);
  });

  it('is not moved by calls that began before', () => {
    expect(having('f.ff', OPEN)).toEqual(OPEN);
    expect(record(OPEN, { successes: 9, succeeded_at: NOW + 5, end: null }, NOW + 5)).toEqual(OPEN);
  });

  it('lets one probe through when the rest is over, and nobody else', () => {
    expect(admitProbe(OPEN, NOW + COOL_DOWN_MS - 1)).toEqual({ circuit: OPEN, probe: 0 });
    const first = admitProbe(OPEN, NOW + COOL_DOWN_MS);
    expect(first.probe).toBe(1);
    expect(first.circuit.phase).toBe('half_open');
    expect(admitProbe(first.circuit, NOW + COOL_DOWN_MS).probe).toBe(0);
    expect(refused(first.circuit, NOW + COOL_DOWN_MS)).toMatchObject({ reason: 'open' });
  });
});

describe('a probe', () => {
  const at = NOW + COOL_DOWN_MS;
  const { circuit: probing, probe } = admitProbe(OPEN, at);

  it('that succeeds closes the circuit and forgets what was', () => {
    const closed = ended(probing, 'ok', at, { probe });
    expect(closed).toEqual({ ...CLOSED, probe });
    expect(isQuiet(closed, at)).toBe(true);
    expect(having('ffff', closed).phase).toBe('closed');
  });

  it('that fails opens it for twice as long, up to a limit', () => {
    let circuit = OPEN;
    let now = NOW;
    const rests: number[] = [];
    for (let time = 0; time < 7; time++) {
      now = circuit.until;
      const next = admitProbe(circuit, now);
      circuit = ended(next.circuit, 'failed', now, { probe: next.probe });
      rests.push(circuit.until - now);
    }
    expect(rests).toEqual([20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
    expect(LONGEST_COOL_DOWN_MS).toBe(300_000);
  });

  it('that tells nothing is given back: the next call may be one', () => {
    const back = ended(probing, 'neither', at + 50, { probe });
    expect(back.phase).toBe('open');
    expect(admitProbe(back, at + 50).probe).toBe(probe + 1);
  });

  it('that does not come back is given up, and its late answer does not count', () => {
    expect(admitProbe(probing, at + PROBE_MS - 1).probe).toBe(0);
    const second = admitProbe(probing, at + PROBE_MS);
    expect(second.probe).toBe(probe + 1);
    expect(ended(second.circuit, 'ok', at + PROBE_MS, { probe })).toEqual(second.circuit);
    expect(ended(second.circuit, 'ok', at + PROBE_MS, { probe: 0 })).toEqual(second.circuit);
  });
});

describe('a pause', () => {
  const paused = ended(CLOSED, 'neither', NOW, { paused_until: NOW + 7000 });

  it('refuses until it has passed, without being a failure', () => {
    expect(paused).toMatchObject({ phase: 'closed', recent: [] });
    expect(refused(paused, NOW + 6999)).toEqual({ reason: 'paused', retry_after_ms: 1 });
    expect(refused(paused, NOW + 7000)).toBeNull();
    expect(isQuiet(paused, NOW)).toBe(false);
  });

  it('is not shortened by another, and never longer than an hour', () => {
    expect(ended(paused, 'neither', NOW, { paused_until: NOW + 1000 }).paused_until).toBe(NOW + 7000);
    const long = ended(paused, 'neither', NOW, { paused_until: NOW + 10 * LONGEST_PAUSE_MS });
    expect(long.paused_until).toBe(NOW + LONGEST_PAUSE_MS);
  });

  it('holds back the probe too', () => {
    const both = { ...OPEN, paused_until: NOW + COOL_DOWN_MS + 500 };
    expect(admitProbe(both, NOW + COOL_DOWN_MS).probe).toBe(0);
    expect(admitProbe(both, NOW + COOL_DOWN_MS + 500).probe).toBe(1);
  });
});
