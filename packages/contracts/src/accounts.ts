import { z } from 'zod';
import { displayName, timestamp } from './common.ts';
import { apiKeyId, idSchema, organizationId, userId } from './ids.ts';
import { apiKeyScope, permission, role } from './permissions.ts';

export const email = z.string().trim().toLowerCase().max(254).pipe(z.email());
/** 10 to 256 characters; long passphrases are welcome, composition rules are not used (NIST SP 800-63B). */
export const password = z.string().min(10, 'must have at least 10 characters').max(256);

export const plan = z.enum(['free', 'developer', 'pro', 'enterprise']);
export type Plan = z.infer<typeof plan>;

export const signupRequest = z.strictObject({
  organization_name: displayName,
  email,
  password,
  name: displayName.optional(),
});
export const loginRequest = z.strictObject({ email, password: z.string().min(1).max(256) });

export const user = z.object({ id: userId, email: z.string(), name: z.string(), created_at: timestamp });
export const organization = z.object({
  id: organizationId,
  name: z.string(),
  slug: z.string(),
  plan,
  created_at: timestamp,
});

/** Answer to signup, login and refresh. The refresh token travels in an httpOnly cookie, never in a body. */
export const session = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int().describe('Seconds until the access token expires'),
  user,
  organization,
});

export const changePasswordRequest = z.strictObject({
  current_password: z.string().min(1).max(256),
  new_password: password,
});

/** One signed-in browser of the caller. */
export const activeSession = z.object({
  id: idSchema('session'),
  created_at: timestamp,
  last_used_at: timestamp.describe('When its token was last refreshed'),
  expires_at: timestamp,
  ip: z.string(),
  user_agent: z.string(),
  current: z.boolean().describe('Whether it is the session of this very request'),
});

export const updateOrganizationRequest = z.strictObject({ name: displayName });

export const member = z.object({
  user: user.describe('Who it is'),
  role,
  joined_at: timestamp,
});
export const setMemberRoleRequest = z.strictObject({ role });

export const me = z.object({
  user: user.nullable().describe('null when the caller is an API key'),
  organization,
  role: role.nullable(),
  permissions: z.array(permission),
  organizations: z
    .array(z.object({ id: organizationId, name: z.string(), slug: z.string(), role: role.nullable() }))
    .describe('Where the person is a member, by name, at most 100; of an API key its own alone'),
});

export const switchOrganizationRequest = z.strictObject({ organization_id: organizationId });

export const createApiKeyRequest = z.strictObject({
  name: displayName,
  scopes: z.array(apiKeyScope).min(1).max(50),
  expires_at: timestamp.optional(),
});

export const apiKey = z.object({
  id: apiKeyId,
  name: z.string(),
  prefix: z.string().describe('First characters of the key, enough to recognise it'),
  scopes: z.array(permission),
  created_at: timestamp,
  created_by: z.string(),
  expires_at: timestamp.nullable(),
  last_used_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  replaced_by: apiKeyId.nullable().describe('The key that a rotation made in its place'),
});

const MAX_OVERLAP_SECONDS = 30 * 86_400;
export const rotateApiKeyRequest = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(MAX_OVERLAP_SECONDS)
    .default(86_400)
    .describe('How long the old key still works; 0 revokes it at once'),
});
export const createdApiKey = apiKey.extend({ key: z.string().describe('The whole key; shown this once') });

export type ChangePasswordRequest = z.infer<typeof changePasswordRequest>;
export type ActiveSession = z.infer<typeof activeSession>;
export type UpdateOrganizationRequest = z.infer<typeof updateOrganizationRequest>;
export type Member = z.infer<typeof member>;
export type SetMemberRoleRequest = z.infer<typeof setMemberRoleRequest>;
export type SignupRequest = z.infer<typeof signupRequest>;
export type LoginRequest = z.infer<typeof loginRequest>;
export type User = z.infer<typeof user>;
export type Organization = z.infer<typeof organization>;
export type Session = z.infer<typeof session>;
export type Me = z.infer<typeof me>;
export type ApiKey = z.infer<typeof apiKey>;
export type CreatedApiKey = z.infer<typeof createdApiKey>;
export type SwitchOrganizationRequest = z.infer<typeof switchOrganizationRequest>;
export type RotateApiKeyRequest = z.infer<typeof rotateApiKeyRequest>;
export type CreateApiKeyRequest = z.infer<typeof createApiKeyRequest>;
