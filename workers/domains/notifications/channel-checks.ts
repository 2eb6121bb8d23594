import type { ChatConfig, FieldError, MessageTemplates } from '@agentflow/contracts';
import { configProblems } from '../../chat/index.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { urlProblem } from '../../platform/outbound.ts';
import { memberAddresses } from './member-addresses.ts';
import { templateProblems } from './template-problems.ts';

/** What of a channel is checked: what a request leaves as it is may have become wrong since, which must not keep it. */
interface Checked {
  readonly config: ChatConfig | null;
  readonly templates: MessageTemplates;
  /** Where presses are to be verified. */
  readonly buttons: ChatConfig | null;
}

/** Throws `validation_failed`, naming everything that keeps a channel from working. */
export async function requireWorkable(ctx: RequestContext, { config, templates, buttons }: Checked): Promise<void> {
  const errors = [
    ...(config === null ? [] : await configErrors(ctx, config)),
    ...templateProblems(templates),
    ...(buttons === null ? [] : buttonProblems(buttons)),
  ];
  if (errors.length > 0) throw invalid(errors);
}

async function configErrors(ctx: RequestContext, config: ChatConfig): Promise<FieldError[]> {
  return [
    ...configProblems(config).map(({ path, message }) => ({ path: `config.${path}`, message })),
    ...addressProblems(ctx, config),
    ...(await recipientProblems(ctx, config)),
  ];
}

function addressProblems({ env }: RequestContext, config: ChatConfig): FieldError[] {
  if (!('webhook_url' in config) || config.webhook_url === undefined) return [];
  const message = urlProblem(env, config.webhook_url);
  return message === null ? [] : [{ path: 'config.webhook_url', message }];
}

async function recipientProblems({ env, organizationId }: RequestContext, config: ChatConfig): Promise<FieldError[]> {
  if (config.platform !== 'email') return [];
  const allowed = new Set(await memberAddresses(env, organizationId, config.to));
  return config.to.flatMap((address, at) =>
    allowed.has(address) ? [] : [{ path: `config.to.${at}`, message: 'is not the address of a member' }],
  );
}

/** What a platform needs so that presses of buttons can be verified. */
function buttonProblems(config: ChatConfig): FieldError[] {
  switch (config.platform) {
    case 'slack':
      return config.signing_secret === undefined
        ? [{ path: 'config.signing_secret', message: "is required for buttons: it is in the app's basic information" }]
        : [];
    case 'discord':
      return config.public_key === undefined
        ? [
            {
              path: 'config.public_key',
              message: "is required for buttons: it is in the application's general information",
            },
          ]
        : [];
    case 'telegram':
      return [];
    default:
      return [{ path: 'buttons', message: 'can be had on Slack, Discord and Telegram' }];
  }
}
