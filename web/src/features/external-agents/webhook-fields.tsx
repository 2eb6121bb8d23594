import type { WebhookConfig } from '@agentflow/contracts';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';

type Platform = WebhookConfig['platform'];
type FieldName = 'webhook_url' | 'username' | 'channel' | 'bot_token' | 'chat_id';
export type WebhookValues = { readonly platform: Platform } & { readonly [Name in FieldName]?: string | undefined };

interface FieldLook {
  readonly name: FieldName;
  readonly label: string;
  readonly help?: string;
  readonly placeholder?: string;
  readonly optional?: boolean;
  readonly secret?: boolean;
}

const URL_FIELD = { name: 'webhook_url', label: 'Webhook address', secret: true } as const;

/** The fields of each platform, in the order in which people find them there. */
export const WEBHOOK_PLATFORMS: Record<Platform, { readonly name: string; readonly fields: readonly FieldLook[] }> = {
  teams: {
    name: 'Microsoft Teams',
    fields: [{ ...URL_FIELD, help: 'Of a workflow that posts to a channel when a webhook request is received.' }],
  },
  discord: {
    name: 'Discord',
    fields: [
      { ...URL_FIELD, placeholder: 'https://discord.com/api/webhooks/…' },
      { name: 'username', label: 'Shown as', optional: true, placeholder: 'AgentFlow' },
    ],
  },
  slack: {
    name: 'Slack',
    fields: [
      { ...URL_FIELD, optional: true, help: 'Of an incoming webhook; or give a bot token and a channel instead.' },
      { name: 'bot_token', label: 'Bot token', optional: true, secret: true, placeholder: 'xoxb-…' },
      { name: 'channel', label: 'Channel', optional: true, placeholder: '#agents' },
    ],
  },
  telegram: {
    name: 'Telegram',
    fields: [
      { name: 'bot_token', label: 'Bot token', secret: true },
      { name: 'chat_id', label: 'Chat', help: 'Its number, or @channelname' },
    ],
  },
  generic: {
    name: 'Any address',
    fields: [
      { ...URL_FIELD, help: 'Gets the event as signed JSON.', placeholder: 'https://example.com/hooks/agentflow' },
    ],
  },
};

const OPTIONS = [
  { value: 'none', label: 'Nowhere' },
  ...Object.entries(WEBHOOK_PLATFORMS).map(([value, { name }]) => ({ value, label: name })),
];

interface WebhookFieldsProps {
  value: WebhookValues | null;
  onChange: (value: WebhookValues | null) => void;
  /** What the form holds against its fields, each by its name. */
  problems: unknown;
}

function isPlatform(name: string): name is Platform {
  return name in WEBHOOK_PLATFORMS;
}

/** The message of one field of a form's errors. */
function messageAt(problems: unknown, name: FieldName): string | undefined {
  const problem = new Map<string, unknown>(Object.entries(problems ?? {})).get(name);
  return typeof problem === 'object' && problem !== null && 'message' in problem ? String(problem.message) : undefined;
}

function problemOf(field: FieldLook, message: string | undefined): string | undefined {
  if (message === undefined) return undefined;
  // The contract says more than this only where two fields have to fit.
  if (message.startsWith('give ') || message.startsWith('is required')) return `${field.label} ${message}`;
  if (field.name === 'webhook_url') return 'An address that begins with https:// or http://, without a password in it';
  if (field.name === 'chat_id') return 'A number, or @channelname';
  if (field.name === 'bot_token') return 'The token as it was given out, without spaces';
  return 'Between 1 and 80 characters';
}

/** Where results are sent, in the form of the chosen platform. */
export function WebhookFields({ value, onChange, problems }: WebhookFieldsProps) {
  return (
    <>
      <Field label="Send results to" help="When a call of it has ended, one message goes there.">
        {(control) => (
          <Select
            id={control.id}
            className="sm:w-56"
            value={value?.platform ?? 'none'}
            options={OPTIONS}
            onValueChange={(platform) => onChange(isPlatform(platform) ? { platform } : null)}
          />
        )}
      </Field>
      {value !== null &&
        WEBHOOK_PLATFORMS[value.platform].fields.map((field) => (
          <Field
            key={field.name}
            label={field.label}
            optional={field.optional ?? false}
            help={field.help}
            error={problemOf(field, messageAt(problems, field.name))}
          >
            {(control) => (
              <Input
                {...control}
                type={field.secret ? 'password' : 'text'}
                autoComplete="off"
                placeholder={field.placeholder}
                value={value[field.name] ?? ''}
                onChange={(event) => onChange({ ...value, [field.name]: event.target.value || undefined })}
              />
            )}
          </Field>
        ))}
    </>
  );
}
