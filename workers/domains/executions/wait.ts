const MAX_WAIT_SECONDS = 60;

/** Seconds of `Prefer: wait=N` (RFC 7240), at most 60; 0 without one. */
export function preferredWait(prefer: string | undefined): number {
  const match = prefer === undefined ? null : /(?:^|[,;\s])wait=(\d{1,5})(?:$|[,;\s])/.exec(prefer);
  return match === null ? 0 : Math.min(Number(match[1]), MAX_WAIT_SECONDS);
}
