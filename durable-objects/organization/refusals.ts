import type { ErrorCode } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import type { CountedRefusals, ExternalAgentRecord, RefusedCall } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';

const MINUTE_MS = 60_000;
/** Counts go from memory to their rows this often: a flood must not become a flood of writes. */
const KEEP_MS = 250;
/** The rows go to D1 this often. */
const TELL_MS = 3000;
const TELL_RETRY_MS = 10_000;
const TOLD_AT_ONCE = 20;
const DETAIL_CHARACTERS = 300;

type Refusal = Pick<CountedRefusals, 'door' | 'key_id' | 'code'> & {
  readonly agent: ExternalAgentRecord;
  readonly call: RefusedCall;
};

/** Writes counts to D1; counts of the same rows again change nothing, and lower ones neither. */
export type ProjectRefusals = (counted: readonly CountedRefusals[]) => Promise<void>;

/**
 * Counts calls of external agents that were refused: one row per agent, code and minute with the count, the first call
 * and the last. The first of a minute is written at once; those after it are counted in memory and written together, so
 * that a crash can lose the count of the last quarter of a second, and never a row.
 */
export class DeskRefusals {
  private readonly counting = new Map<string, CountedRefusals>();
  private readonly unwritten = new Set<string>();
  /** The next writing is on its way. */
  private writing = false;

  constructor(
    private readonly ctx: DurableObjectState,
    private readonly store: OrganizationStore,
    private readonly projectRefusals: ProjectRefusals,
    private readonly armAt: (at: number) => void,
  ) {}

  forget(): void {
    this.counting.clear();
    this.unwritten.clear();
  }

  count({ agent, code, door, key_id, call }: Refusal): void {
    const minute = call.at - (call.at % MINUTE_MS);
    const key = `${agent.id} ${code} ${minute}`;
    const last = { ...call, detail: call.detail.slice(0, DETAIL_CHARACTERS), agent: call.agent.slice(0, 120) };
    const before = this.counting.get(key) ?? this.store.refusals.find(agent.id, code, minute);
    const counted: CountedRefusals =
      before === null
        ? {
            id: newId('invocation', call.at),
            external_agent_id: agent.id,
            external_agent_name: agent.name,
            platform: agent.platform,
            door,
            key_id,
            code,
            minute,
            count: 1,
            first: last,
            last,
          }
        : { ...before, count: before.count + 1, last };
    this.counting.set(key, counted);
    if (before === null) this.write(counted);
    else this.writeLater(key);
  }

  /** Writes to D1 what it does not know; what fails is tried again. */
  async tell(due: number): Promise<void> {
    this.writeAll();
    for (;;) {
      const counted = this.store.refusals.due(due, TOLD_AT_ONCE);
      if (counted.length === 0) break;
      try {
        await this.projectRefusals(counted);
      } catch (error) {
        if (this.store.exists()) this.store.refusals.delay(due, Date.now() + TELL_RETRY_MS);
        throw error;
      }
      if (!this.store.exists()) return;
      for (const each of counted) this.store.refusals.told(each, Date.now() + TELL_MS);
    }
    const minute = due - (due % MINUTE_MS);
    this.store.refusals.deleteBefore(minute);
    for (const [key, { minute: of }] of this.counting) {
      if (of < minute && !this.unwritten.has(key)) this.counting.delete(key);
    }
  }

  private write(counted: CountedRefusals): void {
    const tellAt = Date.now() + TELL_MS;
    this.store.refusals.write(counted, tellAt);
    this.armAt(tellAt);
  }

  private writeLater(key: string): void {
    this.unwritten.add(key);
    if (this.writing) return;
    this.writing = true;
    const soon = new Promise<void>((resolve) => setTimeout(resolve, KEEP_MS));
    this.ctx.waitUntil(soon.then(() => this.writeAll()));
  }

  private writeAll(): void {
    this.writing = false;
    const keys = [...this.unwritten];
    this.unwritten.clear();
    if (!this.store.exists()) return;
    for (const key of keys) {
      const counted = this.counting.get(key);
      if (counted !== undefined) this.write(counted);
    }
  }
}

/** Codes that are refusals of a call of an external agent: what is wrong with its form is not. */
export function countsAsRefused(code: ErrorCode): boolean {
  return code !== 'idempotency_key_reused';
}
