import { z } from 'zod';
import { email, password } from './accounts.ts';
import { displayName, timestamp } from './common.ts';
import { invitationId, organizationId } from './ids.ts';
import { role } from './permissions.ts';

export const inviteMemberRequest = z.strictObject({ email, role });

/**
 * How the link went out: by mail; `shown` to whoever invited, where the installation has no mail sender (local mode);
 * `failed` where the mail service refused it, so that sending again may help.
 */
export const invitationDelivery = z.enum(['sent', 'shown', 'failed']);

/** An invitation that waits to be accepted. */
export const invitation = z.object({
  id: invitationId,
  email: z.string(),
  role,
  invited_by: z.object({ id: z.string(), name: z.string() }),
  delivery: invitationDelivery,
  created_at: timestamp,
  expires_at: timestamp,
});

/** Answer to inviting and to sending again. */
export const sentInvitation = invitation.extend({
  link: z.string().nullable().describe('In local mode alone: where there is no mail sender'),
});

/** What the holder of an invitation's link is shown before accepting. */
export const invitationDetails = z.object({
  organization: z.object({ id: organizationId, name: z.string() }),
  email: z.string(),
  role,
  invited_by: z.string().describe('Name of the person'),
  expires_at: timestamp,
  registered: z.boolean().describe('Whether the address has an account already: then its password accepts'),
});

/** Without a password only for a caller who is signed in under the invited address. */
export const acceptInvitationRequest = z.strictObject({
  name: displayName.optional(),
  password: password.optional(),
});

export type InviteMemberRequest = z.infer<typeof inviteMemberRequest>;
export type InvitationDelivery = z.infer<typeof invitationDelivery>;
export type Invitation = z.infer<typeof invitation>;
export type SentInvitation = z.infer<typeof sentInvitation>;
export type InvitationDetails = z.infer<typeof invitationDetails>;
export type AcceptInvitationRequest = z.infer<typeof acceptInvitationRequest>;
