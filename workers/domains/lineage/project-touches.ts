import type { Touches } from '../../../durable-objects/execution/client.ts';
import type { Database } from '../../db/client.ts';
import { deleteTouchesOf, upsertTouches } from './queries.ts';

/** For the batch that writes the execution's row. Retelling changes nothing. */
export function touchesStatement(
  database: Database,
  organizationId: string,
  executionId: string,
  touches: Touches,
  revision: number,
) {
  return upsertTouches(database, {
    execution_id: executionId,
    organization_id: organizationId,
    touches: JSON.stringify(touches),
    revision,
  });
}

/** For the batch that deletes the execution's row. */
export function deleteTouches(database: Database, organizationId: string, executionId: string) {
  return deleteTouchesOf(database, organizationId, executionId);
}
