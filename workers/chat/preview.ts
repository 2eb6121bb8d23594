import type { ChatConfig, ChatPlatform, MessageKind, MessagePreview, MessageTemplates } from '@agentflow/contracts';
import { exampleEvent } from './messages/examples.ts';
import { messageOf } from './messages/message-of.ts';
import type { ChatMessage, Problem } from './port.ts';
import { adapterOf } from './registry.ts';
import { plainText } from './text.ts';

const MAX_TEXT = 4000;

/** What a message would look like, without sending it; without a config, one whose values are made up. */
export async function previewOf(
  platform: ChatPlatform,
  kind: MessageKind,
  options: {
    readonly organizationId: string;
    readonly templates: MessageTemplates;
    readonly buttons: boolean;
    readonly publicUrl: string | null;
    readonly config?: ChatConfig;
  },
): Promise<MessagePreview> {
  const { message, problems } = await messageOf(exampleEvent(kind), options);
  return previewMessage(platform, message, problems, options.config);
}

/** The same of a message that there is. */
export function previewMessage(
  platform: ChatPlatform,
  message: ChatMessage,
  problems: readonly Problem[],
  config?: ChatConfig,
): MessagePreview {
  const adapter = adapterOf(platform);
  const payload = adapter.format(message, config ?? adapter.sample);
  return {
    platform,
    adapter_version: adapter.version,
    kind: message.kind,
    payload: JSON.parse(JSON.stringify(payload)),
    text: plainText(message, MAX_TEXT),
    problems: [...problems],
  };
}
