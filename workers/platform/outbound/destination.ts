import { parseIPv4, parseIPv6 } from '../ip-address.ts';
import { isPublicAddress } from './address.ts';
import { OutboundError } from './error.ts';

/** Names that never leave the machine or its network: RFC 6761, RFC 6762, RFC 8375, and cloud metadata services. */
const LOCAL_SUFFIXES = [
  'localhost',
  'local',
  'localdomain',
  'internal',
  'intranet',
  'lan',
  'home.arpa',
  'corp',
  'home',
];

/** Below 1024 only HTTP's own ports: the others belong to mail, shells and directories that must not be spoken to. */
function isAllowedPort(port: number): boolean {
  return port === 80 || port === 443 || port >= 1024;
}

/** Where a call goes, once its URL has passed. `addressKnown` is true when the host is an address: nothing to resolve. */
export interface Destination {
  readonly url: URL;
  readonly host: string;
  readonly addressKnown: boolean;
  /** On the operator's allow-list: neither addresses nor scheme are checked further. */
  readonly allowListed: boolean;
}

/** `host:port,host:*` as written in OUTBOUND_ALLOW. */
export function parseAllowList(text: string | undefined): ReadonlySet<string> {
  return new Set(
    (text ?? '')
      .split(',')
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== ''),
  );
}

/**
 * Checks what can be told from the URL alone; throws `outbound_blocked`. The URL parser (WHATWG) has by then turned
 * decimal, octal, hexadecimal, short and full-width spellings of IPv4 into dotted form.
 */
export function checkDestination(
  text: string,
  options: { allow: ReadonlySet<string>; httpsOnly: boolean },
): Destination {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new OutboundError('outbound_blocked', 'The URL is not valid.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new OutboundError('outbound_blocked', 'Only http and https URLs can be called.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new OutboundError('outbound_blocked', 'The URL must not contain a user name or password.');
  }
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '')
    .toLowerCase();
  if (options.allow.has(`${host}:${port}`) || options.allow.has(`${host}:*`)) {
    return { url, host, addressKnown: true, allowListed: true };
  }

  if (options.httpsOnly && url.protocol !== 'https:') {
    throw new OutboundError('outbound_blocked', 'Only https URLs can be called.');
  }
  if (!isAllowedPort(port)) throw new OutboundError('outbound_blocked', `Port ${port} cannot be called.`);
  if (parseIPv4(host) !== null || parseIPv6(host) !== null) {
    if (!isPublicAddress(host)) throw privateTarget();
    return { url, host, addressKnown: true, allowListed: false };
  }
  const isLocal = LOCAL_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  if (isLocal || !isDnsName(host)) throw privateTarget();
  return { url, host, addressKnown: false, allowListed: false };
}

/** One answer for every private target: what exists inside is not told. */
export function privateTarget(): OutboundError {
  return new OutboundError(
    'outbound_blocked',
    'The URL leads to a private or reserved address, which cannot be called.',
  );
}

/** At least two labels of letters, digits, hyphens and underscores, as the URL parser leaves them (IDN in punycode). */
function isDnsName(host: string): boolean {
  return host.length <= 253 && /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/.test(host);
}
