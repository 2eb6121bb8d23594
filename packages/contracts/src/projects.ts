import { z } from 'zod';
import { displayName, timestamp } from './common.ts';
import { projectId } from './ids.ts';

/** What groups executions: they share a context, and their cost belongs together. */
export const project = z.object({
  id: projectId,
  name: z.string(),
  description: z.string(),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
  archived_at: timestamp.nullable(),
});
export type Project = z.infer<typeof project>;

const description = z.string().max(2000);

export const createProjectRequest = z.strictObject({ name: displayName, description: description.default('') });
export const updateProjectRequest = z.strictObject({
  name: displayName.optional(),
  description: description.optional(),
});
export type CreateProjectRequest = z.infer<typeof createProjectRequest>;
export type UpdateProjectRequest = z.infer<typeof updateProjectRequest>;
