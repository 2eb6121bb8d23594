/** A start that was admitted before its organization's erasure is refused this long: no request lives longer. */
const KEPT_MS = 15 * 60_000;

/** Marks an execution that was erased before its start arrived, and sets the alarm that takes the mark away. */
export async function bury(storage: DurableObjectStorage, now: number): Promise<void> {
  const until = now + KEPT_MS;
  storage.transactionSync(() => {
    storage.sql.exec('CREATE TABLE tombstone (until INTEGER NOT NULL)');
    storage.sql.exec('INSERT INTO tombstone (until) VALUES (?)', until);
  });
  await storage.setAlarm(until);
}

/** The mark's alarm: leaves no storage when its time has come. */
export async function exhume(storage: DurableObjectStorage, now: number): Promise<void> {
  const { until } = storage.sql.exec<{ until: number }>('SELECT until FROM tombstone').one();
  if (until > now) await storage.setAlarm(until);
  else await storage.deleteAll();
}
