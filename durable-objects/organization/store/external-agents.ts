import type { ExternalAgentRecord } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** External agents; deleted ones are kept, so that what still runs for them keeps a name. */
export class ExternalAgentStore {
  constructor(private readonly sql: SqlStorage) {}

  find(id: string): ExternalAgentRecord | null {
    const row = this.sql.exec<Row>('SELECT record FROM external_agents WHERE id = ?', id).toArray()[0];
    return row === undefined ? null : (JSON.parse(String(row.record)) as ExternalAgentRecord);
  }

  write(agent: ExternalAgentRecord): void {
    this.sql.exec('INSERT OR REPLACE INTO external_agents (id, record) VALUES (?, ?)', agent.id, JSON.stringify(agent));
  }
}
