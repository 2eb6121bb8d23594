import { z } from 'zod';
import { organizationId } from './ids.ts';

/** Erasing cannot be undone: it asks for the word that the preview names, and for the password. */
export const eraseRequest = z.strictObject({
  confirm: z.string().max(254).describe("The organization's slug, or the person's e-mail address"),
  password: z.string().min(1).max(256),
});

const count = z.number().int();

/** What goes when an organization is erased. People keep their accounts. */
export const organizationErasure = z.object({
  confirm: z.string(),
  members: count,
  only_here: count.describe('Members that belong to no other organization'),
  agents: count,
  versions: count,
  executions: count,
  running_executions: count,
  api_keys: count,
  secrets: count.describe('Environment secrets and provider keys'),
  teams: count,
  invitations: count,
  audit_entries: count,
});

/** What goes when a person is erased. */
export const personErasure = z.object({
  confirm: z.string(),
  sessions: count,
  executions: count.describe('Executions that keep their results but no longer name the person'),
  organizations: z.array(
    z.object({
      id: organizationId,
      name: z.string(),
      effect: z
        .enum(['left', 'erased', 'blocked'])
        .describe(
          '`left`: goes on without the person. `erased`: had no other member. `blocked`: the person is the last owner of others',
        ),
    }),
  ),
});

export type EraseRequest = z.infer<typeof eraseRequest>;
export type OrganizationErasure = z.infer<typeof organizationErasure>;
export type PersonErasure = z.infer<typeof personErasure>;
