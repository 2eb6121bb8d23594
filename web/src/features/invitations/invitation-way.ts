import type { InvitationDetails } from '@agentflow/contracts';

/**
 * How the person in front of this browser accepts: `join` as who they are signed in as, `password` of the account that
 * the address has, `account` to make with a password; `other_person` while somebody else is signed in.
 */
export type InvitationWay = 'join' | 'password' | 'account' | 'other_person';

export function invitationWay(
  invitation: Pick<InvitationDetails, 'email' | 'registered'>,
  /** Address of who is signed in. */
  signedInAs: string | null,
): InvitationWay {
  if (signedInAs === null) return invitation.registered ? 'password' : 'account';
  return signedInAs.toLowerCase() === invitation.email.toLowerCase() ? 'join' : 'other_person';
}
