import { z } from 'zod';
import { isPublicAddress } from './address.ts';
import { privateTarget } from './destination.ts';
import { OutboundError } from './error.ts';

export const DEFAULT_RESOLVER = 'https://cloudflare-dns.com/dns-query';
const RESOLVER_TIMEOUT_MS = 5000;

/** The JSON form of DNS over HTTPS that Cloudflare and Google serve. */
const dnsAnswer = z.object({
  Status: z.number().int(),
  Answer: z.array(z.object({ type: z.number().int(), data: z.string() })).default([]),
});
const NO_ERROR = 0;
const NAME_ERROR = 3;
const RECORD_TYPES = { A: 1, AAAA: 28 } as const;

async function addressesOf(resolver: string, host: string, type: 'A' | 'AAAA'): Promise<string[]> {
  const url = new URL(resolver);
  url.searchParams.set('name', host);
  url.searchParams.set('type', type);
  let answer: z.infer<typeof dnsAnswer>;
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/dns-json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(RESOLVER_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    answer = dnsAnswer.parse(await response.json());
  } catch {
    throw new OutboundError('outbound_dns', `The name ${host} could not be resolved: the resolver did not answer.`);
  }
  if (answer.Status === NAME_ERROR) return [];
  if (answer.Status !== NO_ERROR) {
    throw new OutboundError('outbound_dns', `The name ${host} could not be resolved.`);
  }
  // A chain of CNAMEs comes in the same list; its addresses are what counts.
  return answer.Answer.filter((record) => record.type === RECORD_TYPES[type]).map((record) => record.data);
}

/**
 * Resolves a name and throws unless every one of its addresses is public; without an answer the call is not made. Asked
 * before each call, never cached: a name that turns to a private address is refused from then on.
 */
export async function requirePublicName(resolver: string, host: string): Promise<void> {
  const [v4, v6] = await Promise.all([addressesOf(resolver, host, 'A'), addressesOf(resolver, host, 'AAAA')]);
  const addresses = [...v4, ...v6];
  if (addresses.length === 0) throw new OutboundError('outbound_dns', `The name ${host} has no address.`);
  if (!addresses.every(isPublicAddress)) throw privateTarget();
}
