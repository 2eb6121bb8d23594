type Row = Record<string, SqlStorageValue>;

export interface StoredRequest {
  readonly body_hash: string;
  readonly execution_id: string | null;
  readonly answer: { status: number; sealed_body: string; headers: Record<string, string> } | null;
  readonly expires_at: number;
}

/** Idempotency keys, by who used them for what (`scope`). */
export class RequestStore {
  constructor(private readonly sql: SqlStorage) {}

  find(scope: string, key: string): StoredRequest | null {
    const row = this.sql.exec<Row>('SELECT * FROM requests WHERE scope = ? AND key = ?', scope, key).toArray()[0];
    if (row === undefined) return null;
    return {
      body_hash: String(row.body_hash),
      execution_id: row.execution_id as string | null,
      answer: row.answer === null ? null : (JSON.parse(String(row.answer)) as StoredRequest['answer']),
      expires_at: Number(row.expires_at),
    };
  }

  /** The execution that one of this caller's starts began with a key, whichever agent it was of. */
  executionOf(caller: string, key: string): string | null {
    const rows = this.sql.exec<Row>(
      "SELECT execution_id FROM requests WHERE scope >= ? || ' ' AND scope < ? || '!' AND key = ?",
      caller,
      caller,
      key,
    );
    return (rows.toArray()[0]?.execution_id as string | null | undefined) ?? null;
  }

  write(scope: string, key: string, request: StoredRequest): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO requests (scope, key, body_hash, execution_id, answer, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      scope,
      key,
      request.body_hash,
      request.execution_id,
      request.answer === null ? null : JSON.stringify(request.answer),
      request.expires_at,
    );
  }

  delete(scope: string, key: string): void {
    this.sql.exec('DELETE FROM requests WHERE scope = ? AND key = ?', scope, key);
  }

  deleteOf(executionId: string): void {
    this.sql.exec('DELETE FROM requests WHERE execution_id = ?', executionId);
  }

  deleteExpired(now: number): void {
    this.sql.exec('DELETE FROM requests WHERE expires_at <= ?', now);
  }
}
