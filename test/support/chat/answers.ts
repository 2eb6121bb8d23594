import type { ChatPlatform } from '../../../packages/contracts/src/index.ts';

/** An answer that a platform documents, and what it has to be taken for. */
export interface DocumentedAnswer {
  readonly platform: Exclude<ChatPlatform, 'email'>;
  readonly name: string;
  /** `api`: of calls with a bot's token, where the platform has both. */
  readonly door: 'webhook' | 'api';
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly outcome: 'delivered' | 'rate_limited' | 'failed' | 'malformed' | 'refused' | 'gone' | 'moved';
  readonly retry_after_ms?: number;
}

type Row = Omit<DocumentedAnswer, 'platform' | 'door' | 'body'>;

const of =
  (platform: DocumentedAnswer['platform'], door: DocumentedAnswer['door']) =>
  (body: unknown, row: Row): DocumentedAnswer => ({
    platform,
    door,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...row,
  });

const hook = of('slack', 'webhook');
const slackError = (error: string, outcome: Row['outcome'], more: Partial<Row> = {}) =>
  of('slack', 'api')({ ok: false, error }, { name: error, status: 200, outcome, ...more });
const discord = of('discord', 'webhook');
const discordError = (name: string, status: number, code: number, outcome: Row['outcome']) =>
  discord({ message: name, code }, { name: `code ${code}`, status, outcome });
const telegram = (description: string, error_code: number, outcome: Row['outcome'], parameters?: object) =>
  of('telegram', 'api')(
    { ok: false, error_code, description, parameters },
    { name: description, status: error_code, outcome },
  );
const teams = of('teams', 'webhook');
const teamsError = (code: string, status: number, outcome: Row['outcome']) =>
  teams({ error: { code, message: 'The workflow says why.' } }, { name: code, status, outcome });
const generic = of('generic', 'webhook');

const SOON = { headers: { 'retry-after': '30' }, retry_after_ms: 30_000 };

export const DOCUMENTED_ANSWERS: readonly DocumentedAnswer[] = [
  hook('ok', { name: 'ok', status: 200, outcome: 'delivered' }),
  hook('invalid_payload', { name: 'invalid_payload', status: 400, outcome: 'malformed' }),
  hook('invalid_blocks', { name: 'invalid_blocks', status: 400, outcome: 'malformed' }),
  hook('no_text', { name: 'no_text', status: 400, outcome: 'malformed' }),
  hook('user_not_found', { name: 'user_not_found', status: 400, outcome: 'refused' }),
  hook('action_prohibited', { name: 'action_prohibited', status: 403, outcome: 'refused' }),
  hook('invalid_token', { name: 'invalid_token', status: 403, outcome: 'refused' }),
  hook('channel_not_found', { name: 'channel_not_found', status: 404, outcome: 'refused' }),
  hook('no_service', { name: 'no_service', status: 404, outcome: 'gone' }),
  hook('no_team', { name: 'no_team', status: 404, outcome: 'gone' }),
  hook('channel_is_archived', { name: 'channel_is_archived', status: 410, outcome: 'gone' }),
  hook('rate_limited', { name: 'rate_limited', status: 429, outcome: 'rate_limited', ...SOON }),
  hook('rollup_error', { name: 'rollup_error', status: 500, outcome: 'failed' }),
  hook('<html>', { name: 'a page', status: 503, outcome: 'failed', ...SOON }),

  of('slack', 'api')({ ok: true, channel: 'C1', ts: '1.2' }, { name: 'ok', status: 200, outcome: 'delivered' }),
  slackError('ratelimited', 'rate_limited', { status: 429, ...SOON }),
  slackError('invalid_blocks', 'malformed'),
  slackError('msg_too_long', 'malformed'),
  slackError('no_text', 'malformed'),
  slackError('channel_not_found', 'refused'),
  slackError('not_in_channel', 'refused'),
  slackError('invalid_auth', 'refused'),
  slackError('not_authed', 'refused'),
  slackError('missing_scope', 'refused'),
  slackError('is_archived', 'gone'),
  slackError('account_inactive', 'gone'),
  slackError('token_revoked', 'gone'),
  slackError('internal_error', 'failed'),
  slackError('fatal_error', 'failed', { status: 500 }),
  of('slack', 'api')('upstream', { name: 'no JSON', status: 502, outcome: 'failed' }),

  discord({ id: '77' }, { name: 'ok', status: 200, outcome: 'delivered' }),
  discord('', { name: 'no content', status: 204, outcome: 'delivered' }),
  discord(
    { message: 'You are being rate limited.', retry_after: 0.65, global: false },
    { name: 'rate limit', status: 429, headers: { 'retry-after': '1' }, outcome: 'rate_limited', retry_after_ms: 650 },
  ),
  discord('', {
    name: 'rate limit in headers alone',
    status: 429,
    headers: { 'x-ratelimit-reset-after': '1.25' },
    outcome: 'rate_limited',
    retry_after_ms: 1250,
  }),
  discord('error code: 1015', { name: "its gateway's rate limit", status: 429, outcome: 'rate_limited', ...SOON }),
  discordError('Unknown Webhook', 404, 10015, 'gone'),
  discordError('Unknown Channel', 404, 10003, 'gone'),
  discordError('Invalid Webhook Token', 401, 50027, 'gone'),
  discordError('401: Unauthorized', 401, 0, 'refused'),
  discordError('Missing Access', 403, 50001, 'refused'),
  discordError('Missing Permissions', 403, 50013, 'refused'),
  discordError('Invalid Form Body', 400, 50035, 'malformed'),
  discordError('Cannot send an empty message', 400, 50006, 'malformed'),
  discord('', { name: 'unavailable', status: 502, outcome: 'failed' }),

  of('telegram', 'api')(
    { ok: true, result: { message_id: 5, chat: { id: -100 } } },
    { name: 'ok', status: 200, outcome: 'delivered' },
  ),
  {
    ...telegram('Too Many Requests: retry after 11', 429, 'rate_limited', { retry_after: 11 }),
    retry_after_ms: 11_000,
  },
  telegram("Bad Request: can't parse entities: Character '-' is reserved", 400, 'malformed'),
  telegram('Bad Request: message is too long', 400, 'malformed'),
  telegram('Bad Request: BUTTON_DATA_INVALID', 400, 'malformed'),
  telegram('Bad Request: chat not found', 400, 'gone'),
  telegram('Bad Request: not enough rights to send text messages to the chat', 400, 'refused'),
  telegram('Forbidden: bot was blocked by the user', 403, 'gone'),
  telegram('Forbidden: bot was kicked from the supergroup chat', 403, 'gone'),
  telegram('Forbidden: user is deactivated', 403, 'gone'),
  telegram("Forbidden: bot can't initiate conversation with a user", 403, 'refused'),
  telegram('Unauthorized', 401, 'gone'),
  telegram('Not Found', 404, 'gone'),
  telegram('Bad Request: group chat was upgraded to a supergroup chat', 400, 'moved', { migrate_to_chat_id: -1009 }),
  telegram('Internal Server Error', 500, 'failed'),
  of('telegram', 'api')('<html>', { name: 'a page', status: 502, outcome: 'failed' }),

  teams('', { name: 'accepted', status: 202, outcome: 'delivered' }),
  teams('1', { name: 'ok', status: 200, outcome: 'delivered' }),
  teams('Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429', {
    name: 'a throttled connector',
    status: 200,
    outcome: 'rate_limited',
  }),
  teams(
    { error: { code: 'OperationThrottled' } },
    { name: 'throttled', status: 429, outcome: 'rate_limited', ...SOON },
  ),
  teamsError('TriggerInputSchemaMismatch', 400, 'malformed'),
  teamsError('RequestEntityTooLarge', 413, 'malformed'),
  teamsError('WorkflowTriggerIsNotEnabled', 400, 'refused'),
  teamsError('DirectApiAuthorizationRequired', 401, 'refused'),
  teamsError('WorkflowNotFound', 404, 'gone'),
  teams('', { name: 'gone', status: 410, outcome: 'gone' }),
  teams('', { name: 'no answer from the flow', status: 502, outcome: 'failed' }),
  teams('', { name: 'unavailable', status: 503, outcome: 'failed', ...SOON }),

  generic('', { name: 'ok', status: 204, outcome: 'delivered' }),
  generic('', { name: 'gone', status: 410, outcome: 'gone' }),
  generic('', { name: 'rate limit', status: 429, outcome: 'rate_limited', ...SOON }),
  generic('', { name: 'unavailable', status: 503, outcome: 'failed', ...SOON }),
  generic('', { name: 'bad request', status: 400, outcome: 'failed' }),
  generic('', { name: 'not found', status: 404, outcome: 'failed' }),
];
