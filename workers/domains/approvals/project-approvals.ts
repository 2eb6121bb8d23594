import type { ApprovalProjection } from '../../../durable-objects/execution/client.ts';
import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { auditRow } from '../audit/index.ts';
import { upsertApproval } from './queries.ts';

/** Called by execution objects: what lists show, each decision with its audit row, in one batch. Retelling changes nothing. */
export async function projectApprovals(env: Env, projections: readonly ApprovalProjection[]): Promise<void> {
  const [first] = projections;
  if (first === undefined) return;
  const database = db(env, first.organization_id);
  const rows = projections.map((each) => upsertApproval(database, each));
  const audits = projections.flatMap(({ organization_id, approval, audit }) => {
    if (audit === null || approval.decided_at === null) return [];
    const { execution_id, agent_id, step_id, action_hash } = approval;
    const entry = {
      id: audit.id,
      action: `approval.${approval.status}`,
      resource_type: 'approval',
      resource_id: approval.id,
      details: { execution_id, agent_id, step_id, action_hash },
    };
    return [auditRow(database, organization_id, audit.origin, entry, Date.parse(approval.decided_at))];
  });
  const [row, ...others] = [...rows, ...audits];
  if (row !== undefined) await database.batch([row, ...others]);
}
