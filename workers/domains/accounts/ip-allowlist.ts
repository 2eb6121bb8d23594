import type { FieldError, IpAllowlist, SetIpAllowlistRequest } from '@agentflow/contracts';
import { organizationDesk, type StoredAllowlist } from '../../../durable-objects/organization/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid } from '../../platform/errors.ts';
import { etagOf, isUnconditional, requireMatch } from '../../platform/etags.ts';
import { allowlistOf, normalizeAddress, normalizeNetwork } from '../../platform/ip-networks.ts';
import { auditOrigin } from '../audit/index.ts';
import { forgetMemberships } from './current-membership.ts';

/** As the desk has it, which is the authority. */
export async function getIpAllowlist(ctx: RequestContext): Promise<StoredAllowlist> {
  return organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId).ipAllowlist();
}

/**
 * Replaces the list. Throws `validation_failed` for a network that is not one, stands there twice, or has host bits, and
 * for a list that would shut its author out; `precondition_failed` where `ifMatch` is not the list's current ETag.
 */
export async function setIpAllowlist(
  ctx: RequestContext,
  request: SetIpAllowlistRequest,
  ifMatch: string | undefined,
): Promise<StoredAllowlist> {
  const entries = normalize(request.entries);
  if (!allowlistOf(entries.map(({ network }) => network)).allows(ctx.ip)) {
    const message =
      normalizeAddress(ctx.ip) === null
        ? 'cannot be limited by a request whose own address is not known'
        : `must contain your own address, ${normalizeAddress(ctx.ip)}, or you would shut yourself out`;
    throw invalid([{ path: 'entries', message }]);
  }

  const { organizationId } = ctx;
  const desk = organizationDesk(ctx.env.ORGANIZATION, organizationId);
  let expected: number | null = null;
  if (!isUnconditional(ifMatch)) {
    const { revision } = await desk.ipAllowlist();
    requireMatch(ifMatch, revision, 'The IP allowlist');
    expected = revision;
  }
  const { ok, current } = await desk.setIpAllowlist(organizationId, { entries, expected }, auditOrigin(ctx));
  if (!ok) {
    throw new ApiError('precondition_failed', 'The IP allowlist has changed since it was read.', {
      headers: { ETag: etagOf(current.revision) },
    });
  }
  forgetMemberships({ organization_id: organizationId });
  return current;
}

function normalize(entries: SetIpAllowlistRequest['entries']): StoredAllowlist['entries'] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  const normal = entries.map(({ network, description }, index) => {
    const path = `entries.${index}.network`;
    const result = normalizeNetwork(network);
    if (!result.ok) errors.push({ path, message: result.message });
    else if (seen.has(result.network)) errors.push({ path, message: `${result.network} is on the list already` });
    else seen.add(result.network);
    return { network: result.ok ? result.network : network, description };
  });
  if (errors.length > 0) throw invalid(errors);
  return normal;
}

export function presentIpAllowlist({ entries }: StoredAllowlist, ip: string): IpAllowlist {
  return {
    entries: entries.map(({ network, description }) => ({ network, description })),
    your_ip: normalizeAddress(ip),
  };
}
