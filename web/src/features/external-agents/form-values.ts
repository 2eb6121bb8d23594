import {
  type CreateExternalAgentRequest,
  createExternalAgentRequest,
  type ExternalAgent,
  type UpdateExternalAgentRequest,
} from '@agentflow/contracts';
import type { UseFormReturn } from 'react-hook-form';
import type { z } from 'zod';

/** What the fields hold: a request to create one, whether it is made or changed. */
export type FormValues = z.input<typeof createExternalAgentRequest>;

export type ExternalAgentForm = UseFormReturn<FormValues, unknown, CreateExternalAgentRequest>;

const NO_LIMITS = { minute: null, hour: null, day: null };

export function emptyForm(): FormValues {
  return {
    ...createExternalAgentRequest.parse({ name: 'x', platform: 'claude_code' }),
    name: '',
    rate_limits: NO_LIMITS,
  };
}

/** An external agent as the fields hold it. Its webhook is changed elsewhere: what is secret of it is not known. */
export function formOf(agent: ExternalAgent): FormValues {
  const { name, platform, description, config, agents, operations, rate_limits, max_concurrency, recording } = agent;
  return {
    name,
    platform,
    description,
    config,
    agents,
    operations,
    rate_limits: rate_limits ?? NO_LIMITS,
    max_concurrency,
    recording,
  };
}

/** What is sent: limits of which none is set are none at all, and settings of other platforms are left out. */
export function requestOf(form: CreateExternalAgentRequest): CreateExternalAgentRequest {
  const { rate_limits, config, platform } = form;
  const { claude_scope, chatgpt_mode } = config;
  const unlimited =
    rate_limits === null || [rate_limits.minute, rate_limits.hour, rate_limits.day].every((each) => each === null);
  return {
    ...form,
    rate_limits: unlimited ? null : rate_limits,
    config: {
      ...(platform === 'claude_code' && claude_scope !== undefined ? { claude_scope } : {}),
      ...(platform === 'chatgpt' && chatgpt_mode !== undefined ? { chatgpt_mode } : {}),
    },
  };
}

/** What is sent to change one. Webhook and budgets have forms of their own, and keys are rotated. */
export function changesOf(form: CreateExternalAgentRequest): UpdateExternalAgentRequest {
  const { webhook_config: _, budget: __, key_expires_at: ___, ...changes } = requestOf(form);
  return changes;
}

/** Fields as people write lists: by lines, commas or spaces, each once. */
export function readFields(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((each) => each !== ''))];
}

export function numberOrNull(text: unknown): number | null {
  return text === '' || text === null || text === undefined ? null : Number(text);
}

export function numberOrNothing(text: unknown): number | undefined {
  return numberOrNull(text) ?? undefined;
}
