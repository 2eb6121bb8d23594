import type { JsonValue, MessagePreview as Preview } from '@agentflow/contracts';
import { useState } from 'react';
import { JsonView } from '@/components/json-view.tsx';
import { CHAT_PLATFORM_LOOKS } from '@/features/channels/platforms.ts';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { DiscordMessage } from './discord-message.tsx';
import { MailMessage } from './mail-message.tsx';
import { SlackMessage } from './slack-message.tsx';
import { TeamsMessage } from './teams-message.tsx';
import { TelegramMessage } from './telegram-message.tsx';

function Drawn({ preview }: { preview: Preview }) {
  const payload = preview.payload as JsonValue;
  switch (preview.platform) {
    case 'slack':
      return <SlackMessage payload={payload} />;
    case 'teams':
      return <TeamsMessage payload={payload} />;
    case 'discord':
      return <DiscordMessage payload={payload} />;
    case 'telegram':
      return <TelegramMessage payload={payload} />;
    case 'email':
      return <MailMessage preview={preview} />;
    case 'generic':
      return null;
  }
}

/** A message about as its platform draws it, or what is sent there. */
export function MessagePreview({ preview }: { preview: Preview }) {
  const [shown, setShown] = useState<'drawn' | 'payload'>('drawn');
  const { name } = CHAT_PLATFORM_LOOKS[preview.platform];
  const payload = <JsonView value={preview.payload as JsonValue} label={`Payload for ${name}`} />;
  if (preview.platform === 'generic') return payload;
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex items-center justify-between gap-3">
        <Segments
          label="Preview"
          value={shown}
          options={[
            { value: 'drawn', label: preview.platform === 'email' ? 'Mail' : `In ${name}` },
            { value: 'payload', label: 'Payload' },
          ]}
          onChange={setShown}
        />
        <span className="text-faint text-xs">format {preview.adapter_version}</span>
      </div>
      {shown === 'payload' ? (
        payload
      ) : (
        <section
          aria-label={`Message in ${name}`}
          className="overflow-hidden rounded-lg border border-line bg-surface dark:bg-raised"
        >
          <Drawn preview={preview} />
        </section>
      )}
    </div>
  );
}
