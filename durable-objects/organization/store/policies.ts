import type { PolicyEffect } from '@agentflow/contracts';
import type { PolicyDefaultState, StoredPolicy } from '../policies/stored.ts';

type Row = Record<string, SqlStorageValue>;

/** Policies, the default beside them, and what agents cost lately. */
export class PolicyStore {
  constructor(private readonly sql: SqlStorage) {}

  all(): StoredPolicy[] {
    const rows = this.sql.exec<Row>('SELECT policy FROM policies ORDER BY id').toArray();
    return rows.map(({ policy }) => JSON.parse(String(policy)) as StoredPolicy);
  }

  write(policy: StoredPolicy): void {
    this.sql.exec('INSERT OR REPLACE INTO policies (id, policy) VALUES (?, ?)', policy.id, JSON.stringify(policy));
  }

  delete(id: string): void {
    this.sql.exec('DELETE FROM policies WHERE id = ?', id);
  }

  default(): PolicyDefaultState {
    const row = this.sql.exec<Row>('SELECT effect, revision FROM policy_default').toArray()[0];
    return { effect: (row?.effect ?? 'allow') as PolicyEffect, revision: Number(row?.revision ?? 0) };
  }

  writeDefault({ effect, revision }: PolicyDefaultState): void {
    this.sql.exec('INSERT OR REPLACE INTO policy_default (id, effect, revision) VALUES (1, ?, ?)', effect, revision);
  }

  cost(agentId: string): { mean_microusd: number; executions: number } | null {
    const row = this.sql.exec<Row>('SELECT * FROM agent_costs WHERE agent_id = ?', agentId).toArray()[0];
    return row === undefined ? null : { mean_microusd: Number(row.mean_microusd), executions: Number(row.executions) };
  }

  writeCost(agentId: string, meanMicrousd: number, executions: number): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO agent_costs (agent_id, mean_microusd, executions) VALUES (?, ?, ?)',
      agentId,
      meanMicrousd,
      executions,
    );
  }
}
