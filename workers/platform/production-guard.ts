import type { Env } from './env.ts';
import { parseKeyring, type RingKey } from './keyring.ts';

/** A key that a person typed or a test shipped: text instead of random bytes. 32 random bytes are all printable ASCII with odds of 1 in 10^13. */
function looksMadeUp(key: RingKey): boolean {
  const printable = key.bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return printable || new Set(key.bytes).size < 8 || /^(dev|test|local|demo|example)/i.test(key.kid);
}

function isHttpsOrigin(text: string): boolean {
  const url = URL.parse(text.trim());
  return url !== null && url.protocol === 'https:' && url.href === `${url.origin}/`;
}

const verdicts = new WeakMap<object, readonly string[]>();

/** What keeps this configuration from serving in production, as sentences for the operator's log; empty when it may. */
export function productionProblems(env: Env): readonly string[] {
  if (env.ENVIRONMENT !== 'production') return [];
  const known = verdicts.get(env);
  if (known !== undefined) return known;
  const problems: string[] = [];
  for (const name of ['AUTH_KEYS', 'VAULT_KEYS'] as const) {
    try {
      const weak = parseKeyring(name, env[name]).filter(looksMadeUp);
      for (const { kid } of weak) problems.push(`${name}: the key ${kid} looks like a development key`);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : `${name} cannot be read`);
    }
  }
  if ((env.OUTBOUND_ALLOW ?? '').trim() !== '') {
    problems.push('OUTBOUND_ALLOW is for local mode and tests: it would open private networks');
  }
  if (!isHttpsOrigin(env.PUBLIC_URL ?? '')) {
    problems.push(
      'PUBLIC_URL must be the https origin of the UI, like https://agents.example.com: links in mails begin with it',
    );
  }
  verdicts.set(env, problems);
  return problems;
}
