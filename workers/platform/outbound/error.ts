export type OutboundErrorCode =
  | 'outbound_blocked'
  | 'outbound_dns'
  | 'outbound_redirect_refused'
  | 'outbound_timeout'
  | 'outbound_network';

const RETRYABLE: readonly OutboundErrorCode[] = ['outbound_dns', 'outbound_timeout', 'outbound_network'];

/** Why an outbound call was not made or gave no answer. The message may be shown to the person whose agent called. */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: OutboundErrorCode, message: string, retryable: boolean = RETRYABLE.includes(code)) {
    super(message);
    this.name = 'OutboundError';
    this.code = code;
    this.retryable = retryable;
  }
}
