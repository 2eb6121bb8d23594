import { runInDurableObject } from 'cloudflare:test';
import type { Execution } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { signUp } from '../../support/api.ts';
import { CrashReport } from '../../support/crash-report.ts';
import { eventually } from '../../support/eventually.ts';
import { deskOf, deskStub, executionStub, LimitedAgent, leasesOf, ringDesk } from './limited-agent.ts';

/** Whether the object dies inside a transaction, which is rolled back, or right after it is stored. */
type Commit = 'inside a commit' | 'after a commit';

/** Prepares the death of an object at its `nth` transaction from now. */
async function dieAt(
  stub: ReturnType<typeof deskStub> | ReturnType<typeof executionStub>,
  nth: number,
  commit: Commit,
  hit: () => void,
): Promise<void> {
  await runInDurableObject(stub as DurableObjectStub, (_object, state) => {
    const { storage } = state;
    const transaction = storage.transactionSync.bind(storage);
    let left = nth;
    storage.transactionSync = <T>(work: () => T): T => {
      if (--left !== 0) return transaction(work);
      if (commit === 'inside a commit') {
        return transaction(() => {
          work();
          hit();
          state.abort('crash of the test');
          throw new Error('the process is gone');
        });
      }
      const result = transaction(work);
      hit();
      void storage.sync().then(() => state.abort('crash of the test'));
      return result;
    };
  });
}

async function abort(stub: ReturnType<typeof deskStub> | ReturnType<typeof executionStub>): Promise<void> {
  await runInDurableObject(stub as DurableObjectStub, (_object, state) => state.abort('crash of the test')).catch(
    () => undefined,
  );
}

const COMMITS = ['inside a commit', 'after a commit'] as const;

describe('a place that changes hands while objects die', () => {
  it('is given to each that is queued once, in their order, and none is lost', async (context) => {
    const report = new CrashReport();
    for (const commit of COMMITS) {
      for (const [who, nth] of [
        ['desk', 1],
        ['desk', 2],
        ['next', 1],
        ['next', 2],
      ] as const) {
        const owner = await signUp();
        const agent = await LimitedAgent.publish(owner, { max_concurrency: 1, concurrency_policy: 'queue' });
        const names = ['1', '2', '3'];
        const runs: Execution[] = [];
        for (const name of names) runs.push(await agent.start(name));
        await agent.arrives('1');
        const dying = who === 'desk' ? deskStub(owner) : executionStub(runs[1]?.id ?? '');
        await dieAt(dying, nth, commit, () => report.hit(commit, `${who} ${nth}`));
        for (const [index, name] of names.entries()) {
          await agent.open(name);
          await eventually(async () => {
            await ringDesk(owner).catch(() => undefined);
            const statuses = await agent.statuses(...runs).catch(() => null);
            // Only those whose gates are open come to an end; at most one works at a time.
            return statuses?.every((status, at) => (at <= index ? status === 'completed' : status !== 'completed'));
          });
        }
        await eventually(async () => (await leasesOf(owner)).length === 0);
        expect(await deskOf(owner).usage(), `${who} ${nth} ${commit}`).toMatchObject({
          live_executions: 0,
          settled_today: 3,
        });
        for (const { id } of runs) {
          const types = (await agent.events(id)).map(({ type }) => type);
          expect(types.filter((type) => type === 'execution.started')).toHaveLength(1);
          expect(types.filter((type) => type === 'execution.completed')).toHaveLength(1);
        }
        const began = await Promise.all(runs.map(async ({ id }) => (await agent.read(id)).started_at ?? ''));
        expect(began).toEqual([...began].sort());
      }
    }
    report.close(context, { 'inside a commit': 3, 'after a commit': 3 });
  }, 60_000);

  it('is lost by the oldest once, and held by the newest', async (context) => {
    const report = new CrashReport();
    for (const commit of COMMITS) {
      for (const who of ['desk', 'oldest'] as const) {
        const owner = await signUp();
        const agent = await LimitedAgent.publish(owner, { max_concurrency: 1, concurrency_policy: 'cancel_oldest' });
        const first = await agent.start('1');
        await agent.arrives('1');
        const dying = who === 'desk' ? deskStub(owner) : executionStub(first.id);
        await dieAt(dying, 1, commit, () => report.hit(commit, who));
        // Of a desk that dies no answer may come: whoever started it tries again with the same key.
        const headers = { 'idempotency-key': crypto.randomUUID() };
        const second = await eventually(async () => {
          const answer = await agent.ask('2', headers).catch(() => null);
          return answer?.status === 202 && answer.body;
        });
        const replaced = await eventually(async () => {
          await ringDesk(owner).catch(() => undefined);
          const run = await agent.read(first.id).catch(() => null);
          return run?.status === 'cancelled' ? run : null;
        });
        expect(replaced.error?.code, `${who} ${commit}`).toBe('replaced');
        await eventually(async () => {
          await ringDesk(owner).catch(() => undefined);
          const leases = await leasesOf(owner);
          return leases.length === 1 && leases[0]?.execution_id === second.id && leases[0].state !== 'revoked';
        });
        expect(await agent.statuses(second)).toEqual(['running']);
        expect((await agent.events(first.id)).filter(({ type }) => type === 'execution.cancelled')).toHaveLength(1);
      }
    }
    report.close(context, { 'inside a commit': 2, 'after a commit': 2 });
  }, 60_000);

  it('is found again when the desk dies before it has told anybody', async () => {
    const owner = await signUp();
    const agent = await LimitedAgent.publish(owner, { max_concurrency: 1, concurrency_policy: 'queue' });
    const first = await agent.start('1');
    const second = await agent.start('2');
    await agent.arrives('1');
    // From now on the desk has an alarm for nothing but its leases, in a minute.
    await ringDesk(owner);
    // The execution whose turn comes can't be reached either, until it wakes anew.
    await dieAt(executionStub(second.id), 1, 'inside a commit', () => undefined);
    await agent.open('1');
    await eventually(async () => {
      const [lease] = await leasesOf(owner);
      return lease?.execution_id === second.id && lease.state === 'provisional' && lease.notice_tries > 0;
    });
    expect((await agent.read(first.id)).status).toBe('completed');
    await abort(deskStub(owner));
    await agent.arrives('2');
    expect(await agent.calls('2')).toBe(1);
  });
});
