import type { CreatedWebhook, Webhook } from '@agentflow/contracts';
import { expect } from 'vitest';
import { api } from './api.ts';

/** A URL that the guard lets through and that nobody answers; for what is never sent. */
export const NOWHERE = 'https://hooks.example.com/agentflow';

/** A webhook of the owner's organization, told everything unless `fields` say otherwise. */
export async function webhookOf(
  owner: { readonly token: string },
  fields: Partial<Record<keyof Webhook | 'secret', unknown>> = {},
): Promise<CreatedWebhook> {
  const body = { url: NOWHERE, events: ['*'], ...fields };
  const made = await api<CreatedWebhook>('/webhooks', { token: owner.token, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}
