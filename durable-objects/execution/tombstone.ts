import type { StartRefusal } from './client.ts';

/** A start that was admitted before is refused this long: no request lives longer. */
const KEPT_MS = 15 * 60_000;

type Reason = Exclude<StartRefusal, 'late'>;

/** Marks an execution that must not be made when its start arrives, and sets the alarm that takes the mark away. */
export async function bury(storage: DurableObjectStorage, reason: Reason, now: number): Promise<void> {
  const until = now + KEPT_MS;
  storage.transactionSync(() => {
    storage.sql.exec('CREATE TABLE tombstone (until INTEGER NOT NULL, reason TEXT NOT NULL)');
    storage.sql.exec('INSERT INTO tombstone (until, reason) VALUES (?, ?)', until, reason);
  });
  await storage.setAlarm(until);
}

/** Why it must not be made. Marks of an earlier release have no reason: there was one alone. */
export function buriedFor(storage: DurableObjectStorage): Reason {
  const mark = storage.sql.exec<{ reason?: string }>('SELECT * FROM tombstone').one();
  return mark.reason === 'stopped' ? 'stopped' : 'erased';
}

/** The mark's alarm: leaves no storage when its time has come. */
export async function exhume(storage: DurableObjectStorage, now: number): Promise<void> {
  const { until } = storage.sql.exec<{ until: number }>('SELECT until FROM tombstone').one();
  if (until > now) await storage.setAlarm(until);
  else await storage.deleteAll();
}
