import type { ExecutionError } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import type { ExternalOrigin, StopRecord, StopSubject } from './client.ts';
import type { StopTarget } from './store/leases.ts';
import type { OrganizationStore } from './store/organization.ts';

/** Stops are remembered so long: far longer than anything that they stopped could still be on its way. */
const KEPT_MS = 30 * 86_400_000;

/**
 * The kill switch. A stop takes their places from all live executions of its subject in one turn: from then on the desk
 * gives them no money, and their notices tell them to end, as they do those that were replaced. It counts them as they
 * settle. What the stopped ones ask to be started later is refused, however late.
 */
export class DeskStops {
  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
  ) {}

  find(id: string): StopRecord | null {
    return this.store.stops.find(id);
  }

  /** Whoever calls this reads places anew and has notices told. */
  begin(subject: StopSubject, target: StopTarget, now: number): StopRecord {
    const id = newId('stop', now);
    const reason: ExecutionError = { code: 'stopped', message: WHY[subject.kind] };
    return this.storage.transactionSync(() => {
      this.store.stops.deleteBefore(now - KEPT_MS);
      const targeted = this.store.leases.stop(target, id, reason, now);
      const stop = { id, ...subject, targeted, stopped: 0, spent_microusd: 0, created_at: now };
      const record = { ...stop, finished_at: targeted === 0 ? now : null };
      this.store.stops.insert(record);
      return record;
    });
  }

  /** The lease of a stopped execution ends, in the turn that takes it away. */
  noteEnded(stopId: string | null, costMicrousd: number, now: number): void {
    if (stopId !== null) this.store.stops.noteEnded(stopId, costMicrousd, now);
  }

  /** Whether an execution that began at `rootBegan` was stopped since, so that nothing more is started for it. */
  covers({ external_agent_id, key_id }: ExternalOrigin, rootBegan: number): boolean {
    const last = Math.max(
      this.store.stops.lastOf({ kind: 'key', subject_id: key_id }) ?? 0,
      this.store.stops.lastOf({ kind: 'external_agent', subject_id: external_agent_id }) ?? 0,
    );
    return last >= rootBegan;
  }
}

const WHY: Readonly<Record<StopSubject['kind'], string>> = {
  key: 'Stopped: the key that it was started with was revoked.',
  external_agent: 'Stopped: the external agent that started it was deactivated.',
  policy: 'Stopped: a policy that denies it was added.',
};
