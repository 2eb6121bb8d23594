import type {
  ChatPlatform,
  CreateChannelRequest,
  createChannelRequest,
  NotificationChannel,
  UpdateChannelRequest,
} from '@agentflow/contracts';
import type { UseFormReturn } from 'react-hook-form';
import type { z } from 'zod';

/** What the fields hold: a request to create one, whether it is made or changed. */
export type ChannelFormValues = z.input<typeof createChannelRequest>;
export type ChannelForm = UseFormReturn<ChannelFormValues, unknown, CreateChannelRequest>;

/** What a channel is told at first: what somebody should see. */
const FIRST_EVENTS = ['execution.failed', 'approval.requested', 'budget.*', 'project.budget_exceeded'];

export function newChannel(platform: ChatPlatform): ChannelFormValues {
  return {
    name: '',
    config: (platform === 'email' ? { platform, to: [] } : { platform }) as ChannelFormValues['config'],
    events: FIRST_EVENTS,
    filter: { agent_ids: null, project_ids: null },
    templates: {},
    buttons: false,
    is_active: true,
  };
}

/** A channel as the fields hold it. What is secret may be sent back as it is shown. */
export function formOf(channel: NotificationChannel): ChannelFormValues {
  const { name, config, events, filter, templates, buttons, is_active } = channel;
  return { name, config: config as ChannelFormValues['config'], events, filter, templates, buttons, is_active };
}

/** What is sent: empty templates are none. */
export function requestOf(form: CreateChannelRequest): CreateChannelRequest {
  const templates = Object.entries(form.templates).filter(([, text]) => text !== undefined && text.trim() !== '');
  return { ...form, templates: Object.fromEntries(templates) };
}

/** What is sent to change one; whether it is active is switched elsewhere. */
export function changesOf(form: CreateChannelRequest): UpdateChannelRequest {
  const { is_active: _, ...changes } = requestOf(form);
  return changes;
}
