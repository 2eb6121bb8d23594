import type { KeyRecord, StoredKey } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** API keys by id and by the hash of what is secret of them. */
export class KeyStore {
  constructor(private readonly sql: SqlStorage) {}

  byHash(hash: string): StoredKey | null {
    return keyOf(this.sql.exec<Row>('SELECT * FROM keys WHERE key_hash = ?', hash).toArray()[0]);
  }

  byId(id: string): StoredKey | null {
    return keyOf(this.sql.exec<Row>('SELECT * FROM keys WHERE id = ?', id).toArray()[0]);
  }

  write(key: StoredKey): void {
    const { revoked_at, replaced_by, last_used_at, revision, ...record } = key;
    this.sql.exec(
      'INSERT OR REPLACE INTO keys (id, key_hash, record, expires_at, revoked_at, last_used_at, replaced_by, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      key.id,
      key.key_hash,
      JSON.stringify(record satisfies KeyRecord),
      key.expires_at,
      revoked_at,
      last_used_at,
      replaced_by,
      revision,
    );
  }
}

function keyOf(row: Row | undefined): StoredKey | null {
  if (row === undefined) return null;
  return {
    ...(JSON.parse(String(row.record)) as KeyRecord),
    revoked_at: row.revoked_at as number | null,
    last_used_at: row.last_used_at as number | null,
    replaced_by: row.replaced_by as string | null,
    revision: Number(row.revision),
  };
}
