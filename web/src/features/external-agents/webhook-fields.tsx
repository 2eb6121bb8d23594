import type { WebhookConfig } from '@agentflow/contracts';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/select.tsx';
import { ConfigFields, type ConfigValues } from '@/features/channels/config-fields.tsx';
import { CHAT_PLATFORM_LOOKS, PLATFORM_ORDER } from '@/features/channels/platforms.ts';

type Platform = WebhookConfig['platform'];
export type WebhookValues = ConfigValues<Platform>;

/** E-mail goes to members by a channel. */
const PLATFORMS = PLATFORM_ORDER.filter((each) => each !== 'email');
const OPTIONS = [
  { value: 'none', label: 'Nowhere' },
  ...PLATFORMS.map((value) => ({ value: value as string, label: CHAT_PLATFORM_LOOKS[value].name })),
];

interface WebhookFieldsProps {
  value: WebhookValues | null;
  onChange: (value: WebhookValues | null) => void;
  /** What the form holds against its fields, each by its name. */
  problems: unknown;
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
            onValueChange={(name) => {
              const platform = PLATFORMS.find((each) => each === name);
              onChange(platform === undefined ? null : { platform });
            }}
          />
        )}
      </Field>
      {value !== null && <ConfigFields key={value.platform} value={value} onChange={onChange} problems={problems} />}
    </>
  );
}
