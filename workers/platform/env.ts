import type { CircuitObject } from '../../durable-objects/circuit/object.ts';
import type { ExecutionObject } from '../../durable-objects/execution/object.ts';
import type { IpThrottleObject } from '../../durable-objects/ip-throttle/object.ts';
import type { OrganizationObject } from '../../durable-objects/organization/object.ts';
import type { RefinementObject } from '../../durable-objects/refinement/object.ts';
import type { ShadowRunObject } from '../../durable-objects/shadow-run/object.ts';
import type { Wakeup } from '../../durable-objects/webhook-target/client.ts';
import type { WebhookTargetObject } from '../../durable-objects/webhook-target/object.ts';

/**
 * Bindings and variables of the Worker. Secrets (`AUTH_KEYS`, `VAULT_KEYS`, provider keys) come from `.dev.vars` locally
 * and from Worker secrets in production; `docs/configuration.md` lists each.
 */
export interface Env {
  readonly DB: D1Database;
  readonly EXECUTION: DurableObjectNamespace<ExecutionObject>;
  readonly ORGANIZATION: DurableObjectNamespace<OrganizationObject>;
  readonly IP_THROTTLE: DurableObjectNamespace<IpThrottleObject>;
  readonly CIRCUIT: DurableObjectNamespace<CircuitObject>;
  readonly SHADOW_RUN: DurableObjectNamespace<ShadowRunObject>;
  readonly REFINEMENT: DurableObjectNamespace<RefinementObject>;
  readonly WEBHOOK_TARGET: DurableObjectNamespace<WebhookTargetObject>;
  /** Wakes the objects of targets that have something to deliver. */
  readonly WAKEUPS: Queue<Wakeup>;
  /** Large values of executions that have ended: `<organization>/<execution>/<name>`. */
  readonly VALUES: R2Bucket;
  /** Clients, grants and tokens of the authorization server: hashes, and what only a token opens. */
  readonly OAUTH_KV: KVNamespace;
  readonly ASSETS: Fetcher;
  /** Workers AI; in production only. */
  readonly AI?: Ai;

  readonly ENVIRONMENT: 'local' | 'test' | 'production';
  /** `kid:base64,kid:base64`: the first signs access tokens and tickets, all of them verify. */
  readonly AUTH_KEYS: string;
  /** `kid:base64,…`, 32 bytes each: the first wraps organization keys, all of them unwrap. */
  readonly VAULT_KEYS: string;
  /** Browser origins allowed by CORS, comma-separated; the UI's own origin needs none. */
  readonly CORS_ORIGINS?: string;
  /** `host:port` pairs that outbound calls may reach although they are private. Local mode and tests only. */
  readonly OUTBOUND_ALLOW?: string;
  /** DNS over HTTPS endpoint (RFC 8484 JSON) that outbound calls ask before they connect. */
  readonly DNS_RESOLVER_URL?: string;
  /** Origin under which people reach the UI, as links in mails name it. Required in production. */
  readonly PUBLIC_URL?: string;
  /** Binding of Cloudflare's Email Service; with MAIL_FROM mails leave through it. */
  readonly SEND_EMAIL?: SendEmail;
  /** Key of the mail service (Resend), which sends mails where there is no SEND_EMAIL. */
  readonly MAIL_API_KEY?: string;
  /** Sender: `name@domain` or `Name <name@domain>`. */
  readonly MAIL_FROM?: string;
  /** Base URL of a service that speaks Resend's API. */
  readonly MAIL_API_URL?: string;
  /** Base URLs of chat platforms' APIs, for a gateway or a server of one's own. */
  readonly SLACK_API_URL?: string;
  readonly DISCORD_API_URL?: string;
  readonly TELEGRAM_API_URL?: string;
  /** Base URL of a runtime for deep agents that works on refinements in place of this installation's own. */
  readonly DEEPAGENTS_RUNTIME_URL?: string;
  /** Bearer token for it. */
  readonly DEEPAGENTS_RUNTIME_TOKEN?: string;
  readonly RELEASE?: string;
  /** The least level that is logged: debug, info (when not set), warn or error. */
  readonly LOG_LEVEL?: string;
  /** Commit that was deployed. */
  readonly COMMIT?: string;

  readonly OPENAI_API_KEY?: string;
  readonly OPENAI_BASE_URL?: string;
  readonly ANTHROPIC_API_KEY?: string;
  readonly ANTHROPIC_BASE_URL?: string;
  readonly GOOGLE_API_KEY?: string;
  readonly GOOGLE_BASE_URL?: string;
  readonly OLLAMA_API_KEY?: string;
  readonly OLLAMA_BASE_URL?: string;
  readonly CUSTOM_API_KEY?: string;
  readonly CUSTOM_BASE_URL?: string;
}
