import { z } from 'zod';

export const MAX_TAGS = 20;

/** A word that groups agents. */
export const agentTag = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.:-]{0,39}$/, 'must be lower-case letters, digits and _ . : -, 40 characters at most');

export const agentTags = z
  .array(agentTag)
  .max(MAX_TAGS)
  .refine((tags) => new Set(tags).size === tags.length, 'names a tag twice');
