/**
 * Chats that a check sends to, out of environment variables; docs/guides/chat-adapters.md lists them.
 *
 * @typedef {{ name: string, config: Record<string, unknown> & { platform: string }, secrets: string[] }} ChatTarget
 */

/** @type {readonly { name: string, platform: string, fields: Readonly<Record<string, string>>, needs: readonly string[] }[]} */
const TARGETS = [
  { name: 'teams', platform: 'teams', fields: { webhook_url: 'CHECK_TEAMS_WEBHOOK_URL' }, needs: ['webhook_url'] },
  {
    name: 'discord webhook',
    platform: 'discord',
    fields: { webhook_url: 'CHECK_DISCORD_WEBHOOK_URL' },
    needs: ['webhook_url'],
  },
  {
    name: 'discord bot',
    platform: 'discord',
    fields: {
      bot_token: 'CHECK_DISCORD_BOT_TOKEN',
      channel_id: 'CHECK_DISCORD_CHANNEL_ID',
      public_key: 'CHECK_DISCORD_PUBLIC_KEY',
    },
    needs: ['bot_token', 'channel_id'],
  },
  {
    name: 'slack webhook',
    platform: 'slack',
    fields: { webhook_url: 'CHECK_SLACK_WEBHOOK_URL' },
    needs: ['webhook_url'],
  },
  {
    name: 'slack bot',
    platform: 'slack',
    fields: {
      bot_token: 'CHECK_SLACK_BOT_TOKEN',
      channel: 'CHECK_SLACK_CHANNEL',
      signing_secret: 'CHECK_SLACK_SIGNING_SECRET',
    },
    needs: ['bot_token', 'channel'],
  },
  {
    name: 'telegram',
    platform: 'telegram',
    fields: { bot_token: 'CHECK_TELEGRAM_BOT_TOKEN', chat_id: 'CHECK_TELEGRAM_CHAT_ID' },
    needs: ['bot_token', 'chat_id'],
  },
  {
    name: 'generic',
    platform: 'generic',
    fields: { webhook_url: 'CHECK_GENERIC_WEBHOOK_URL', secret: 'CHECK_GENERIC_SECRET' },
    needs: ['webhook_url'],
  },
];

/** Names of the variables, for a person who has set none. */
export const CHAT_VARIABLES = [...TARGETS.flatMap(({ fields }) => Object.values(fields)), 'CHECK_EMAIL_TO'];

/**
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {ChatTarget[]} those that have all that they need
 */
export function chatTargets(environment) {
  /** @type {ChatTarget[]} */
  const targets = [];
  for (const { name, platform, fields, needs } of TARGETS) {
    const given = Object.entries(fields).flatMap(([field, variable]) => {
      const value = environment[variable] ?? '';
      return value === '' ? [] : [/** @type {const} */ ([field, value])];
    });
    const config = { platform, ...Object.fromEntries(given) };
    if (needs.every((field) => field in config))
      targets.push({ name, config, secrets: given.map(([, value]) => value) });
  }
  const to = environment.CHECK_EMAIL_TO ?? '';
  if (to !== '') targets.push({ name: 'email', config: { platform: 'email', to: [to] }, secrets: [] });
  return targets;
}
