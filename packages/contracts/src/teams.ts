import { z } from 'zod';
import { displayName, timestamp } from './common.ts';
import { teamId, userId } from './ids.ts';

export const teamRequest = z.strictObject({
  name: displayName.describe('Unique within the organization, letter case apart'),
  description: z.string().trim().max(500).default(''),
});

export const team = z.object({
  id: teamId,
  name: z.string(),
  description: z.string(),
  member_count: z.number().int(),
  created_at: timestamp,
});

export const teamMember = z.object({
  user: z.object({ id: userId, email: z.string(), name: z.string() }),
  added_at: timestamp,
});

export type TeamRequest = z.infer<typeof teamRequest>;
export type Team = z.infer<typeof team>;
export type TeamMember = z.infer<typeof teamMember>;
