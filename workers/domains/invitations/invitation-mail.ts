import { html } from 'hono/html';
import type { Mail } from '../../platform/mail.ts';

const MAX_NAME_CHARACTERS = 80;

/**
 * A name that a stranger chose, as it may stand in a mail: on one line, without characters that turn the direction of
 * writing, and not as something that a mail program would make a link of (a word joiner after each dot, colon, slash and @).
 */
export function mailName(name: string): string {
  const line = name
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  const short =
    characters.length <= MAX_NAME_CHARACTERS ? line : `${characters.slice(0, MAX_NAME_CHARACTERS - 1).join('')}…`;
  return short.replaceAll(/(?<=\S)([.:/@])(?=\S)/g, '$1\u2060');
}

/** The mail that carries an invitation's link. The names are what people typed; the link is ours. */
export async function invitationMail(invitation: {
  readonly to: string;
  readonly link: string;
  readonly organization: string;
  readonly inviter: string;
  readonly role: string;
  readonly expires_at: number;
}): Promise<Mail> {
  const { to, link, role } = invitation;
  const organization = mailName(invitation.organization);
  const inviter = mailName(invitation.inviter);
  const until = `${new Date(invitation.expires_at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const sentence = `${inviter} invites you to join “${organization}” on AgentFlow as ${role}.`;
  const ending = `The link works once, until ${until}. If you do not know what this is about, ignore this mail.`;
  const markup = await html`<!doctype html>
<html lang="en">
<body style="font: 16px/1.5 sans-serif">
<p>${sentence}</p>
<p><a href="${link}">Accept the invitation</a></p>
<p>${ending}</p>
</body>
</html>`;
  return {
    to,
    subject: `Invitation to “${organization}” on AgentFlow`,
    text: `${sentence}\n\n${link}\n\n${ending}\n`,
    html: String(markup),
  };
}
