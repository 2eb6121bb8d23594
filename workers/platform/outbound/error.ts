export type OutboundErrorCode =
  | 'outbound_blocked'
  | 'outbound_dns'
  | 'outbound_redirect_refused'
  | 'outbound_timeout'
  | 'outbound_network'
  /** The host's circuit is open: nothing was sent. */
  | 'upstream_unavailable';

const RETRYABLE: readonly OutboundErrorCode[] = [
  'outbound_dns',
  'outbound_timeout',
  'outbound_network',
  'upstream_unavailable',
];

/** Why an outbound call was not made or gave no answer. The message may be shown to the person whose agent called. */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** When it is worth another try, where that is known. */
  readonly retry_after_ms: number | undefined;

  constructor(
    code: OutboundErrorCode,
    message: string,
    retryable: boolean = RETRYABLE.includes(code),
    retryAfterMs?: number,
  ) {
    super(message);
    this.name = 'OutboundError';
    this.code = code;
    this.retryable = retryable;
    this.retry_after_ms = retryAfterMs;
  }
}
