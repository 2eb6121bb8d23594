import { ID_PREFIXES, idSchema } from '@agentflow/contracts';
import { sha256Hex } from './digest.ts';
import { idBody } from './ids.ts';

/**
 * `af_live_<body of the organization's id>_<secret>`, of external agents `ea_…`: the key itself says whose desk can check
 * it.
 */
const PREFIX = 'af_live_';
const EXTERNAL_PREFIX = 'ea_';
/** 48 characters of Crockford base32: 240 random bits. */
const SECRET_CHARACTERS = 48;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const FORM = /^(af_live|ea)_([0-9a-z]{26})_([0-9a-z]{48})$/;
const organizationIdSchema = idSchema('organization');

export interface ParsedKey {
  readonly organization_id: string;
  readonly form: 'api_key' | 'external_agent';
  /** SHA-256 of the whole key in hex: what is stored and compared. */
  readonly key_hash: string;
}

export interface NewKey {
  /** Shown once, never stored. */
  readonly key: string;
  /** Enough to recognise the key in a list, too little to use it. */
  readonly prefix: string;
  readonly key_hash: string;
}

function newSecret(): string {
  let secret = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(SECRET_CHARACTERS))) secret += ALPHABET.charAt(byte & 31);
  return secret;
}

export async function newApiKey(organizationId: string): Promise<NewKey> {
  const secret = newSecret();
  const key = `${PREFIX}${idBody(organizationId)}_${secret}`;
  return { key, prefix: `${PREFIX}…${secret.slice(0, 4)}`, key_hash: await sha256Hex(key) };
}

/** A key of an external agent; `prefix` is how it is shown: `ea_***abc`. */
export async function newExternalKey(organizationId: string): Promise<NewKey> {
  const secret = newSecret();
  const key = `${EXTERNAL_PREFIX}${idBody(organizationId)}_${secret}`;
  return { key, prefix: `${EXTERNAL_PREFIX}***${secret.slice(-3)}`, key_hash: await sha256Hex(key) };
}

/** The organization that a key names, and its hash; null for what is not a key. */
export async function parseApiKey(key: string): Promise<ParsedKey | null> {
  const [, kind, body] = FORM.exec(key) ?? [];
  if (body === undefined) return null;
  const organization_id = `${ID_PREFIXES.organization}_${body}`;
  if (!organizationIdSchema.safeParse(organization_id).success) return null;
  return { organization_id, form: kind === 'ea' ? 'external_agent' : 'api_key', key_hash: await sha256Hex(key) };
}
