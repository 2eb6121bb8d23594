import { z } from 'zod';

const FORMS = [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()];

/** An IPv4 or IPv6 address, or a network in CIDR notation. */
export const ipNetwork = z
  .string()
  .max(64)
  .refine((text) => FORMS.some((form) => form.safeParse(text).success), 'must be an address or a CIDR network');

export const setIpAllowlistRequest = z.strictObject({
  entries: z
    .array(z.strictObject({ network: ipNetwork, description: z.string().trim().max(120).default('') }))
    .max(100)
    .describe('Empty: every address is allowed'),
});

export const ipAllowlist = z.object({
  entries: z.array(z.object({ network: z.string(), description: z.string() })),
  your_ip: z.string().nullable().describe('The address that this very request came from'),
});

export type SetIpAllowlistRequest = z.infer<typeof setIpAllowlistRequest>;
export type IpAllowlist = z.infer<typeof ipAllowlist>;
