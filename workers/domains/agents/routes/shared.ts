import { agentId } from '@agentflow/contracts';
import { z } from 'zod';
import { refusal } from '../../../platform/router.ts';

export const agentParams = z.object({ id: agentId });

export const versionNumber = z.coerce.number().int().min(1).max(1_000_000_000);

export const ifMatch = z.object({
  'if-match': z.string().optional().meta({ description: 'ETag that the object must still have, else 412' }),
});

/** Header object of an answer that can be edited conditionally. */
export const etagHeader = { ETag: { description: 'Revision for `If-Match`', schema: { type: 'string' as const } } };

export const STALE = refusal('`If-Match` names another revision');
export const ARCHIVED = refusal('The agent is archived, or others are changing it at the same time');
