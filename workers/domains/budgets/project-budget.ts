import { microusdToUsd } from '@agentflow/contracts';
import type { BudgetProjection } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { auditRow } from '../audit/index.ts';

/** The audit row of a changed budget; the desk is where budgets stand. Retelling changes nothing. */
export async function projectBudget(
  database: Database,
  { organization_id, budget, audit }: BudgetProjection,
): Promise<void> {
  const [resource_type = '', id = organization_id] = budget.scope.split(':');
  const details = Object.fromEntries(
    Object.entries(budget.details).map(([name, value]) =>
      name.endsWith('_microusd') && typeof value === 'number'
        ? [name.replace(/_microusd$/, '_usd'), microusdToUsd(value)]
        : [name.replace(/_microusd$/, '_usd'), value],
    ),
  );
  const entry = { id: audit.id, action: audit.action, resource_type, resource_id: id, details };
  await auditRow(database, organization_id, audit.origin, entry, audit.at);
}
