import { agentId } from '@agentflow/contracts';
import { z } from 'zod';
import { refusal } from '../../../platform/router.ts';

export const agentParams = z.object({ id: agentId });

export const versionNumber = z.coerce.number().int().min(1).max(1_000_000_000);

export const ARCHIVED = refusal(
  'The agent is archived, or others are changing it at the same time',
  'agent_archived',
  'conflict',
);
