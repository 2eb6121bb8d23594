import { z } from 'zod';
import { timestamp } from './common.ts';

/** As it stands in `{{env.NAME}}`. */
export const envVarName = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be like API_TOKEN');

const secretValue = z.string().min(1).max(8192).describe('Never shown again');
const allowedHosts = z
  .array(
    z
      .string()
      .trim()
      .toLowerCase()
      .max(253)
      .regex(
        /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/,
        'must be a host like api.example.com or *.example.com',
      ),
  )
  .max(20)
  .describe('Hosts that the secret may be sent to; any host where it is empty');
const description = z.string().trim().max(200);

export const createEnvVarRequest = z.strictObject({
  name: envVarName,
  value: secretValue,
  description: description.default(''),
  allowed_hosts: allowedHosts.default([]),
});

/** What is left out stays as it is. */
export const updateEnvVarRequest = z.strictObject({
  value: secretValue.optional(),
  description: description.optional(),
  allowed_hosts: allowedHosts.optional(),
});

export const envVar = z.object({
  name: z.string(),
  description: z.string(),
  allowed_hosts: z.array(z.string()),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
  updated_by: z.string(),
});

/** Providers that an organization can bring its own key or address for. */
export const KEYED_PROVIDERS = ['openai', 'anthropic', 'google', 'ollama', 'custom'] as const;
export const keyedProvider = z.enum(KEYED_PROVIDERS);

export const setProviderKeyRequest = z
  .strictObject({
    api_key: z.string().trim().min(1).max(1000).optional().describe('Never shown again'),
    base_url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
  })
  .refine(({ api_key, base_url }) => api_key !== undefined || base_url !== undefined, 'must have a key or an address');

export const providerKey = z.object({
  provider: keyedProvider,
  hint: z.string().nullable().describe('Last four characters of the key; null where there is only an address'),
  base_url: z.string().nullable(),
  updated_at: timestamp,
  updated_by: z.string(),
});

export type CreateEnvVarRequest = z.infer<typeof createEnvVarRequest>;
export type UpdateEnvVarRequest = z.infer<typeof updateEnvVarRequest>;
export type EnvVar = z.infer<typeof envVar>;
export type KeyedProvider = z.infer<typeof keyedProvider>;
export type SetProviderKeyRequest = z.infer<typeof setProviderKeyRequest>;
export type ProviderKey = z.infer<typeof providerKey>;
