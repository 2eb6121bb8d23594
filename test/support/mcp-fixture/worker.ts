import { createApp } from '../../../workers/app.ts';
import { wakeTargets } from '../../../workers/platform/wakeups.ts';
import { fixtureHost } from './server.ts';

export { CircuitObject } from '../../../durable-objects/circuit/object.ts';
export { ExecutionObject } from '../../../durable-objects/execution/object.ts';
export { IpThrottleObject } from '../../../durable-objects/ip-throttle/object.ts';
export { OrganizationObject } from '../../../durable-objects/organization/object.ts';
export { RefinementObject } from '../../../durable-objects/refinement/object.ts';
export { ShadowRunObject } from '../../../durable-objects/shadow-run/object.ts';
export { WebhookTargetObject } from '../../../durable-objects/webhook-target/object.ts';
export { Outbound } from '../../../workers/platform/outbound.ts';

const app = createApp({ mcpFixture: fixtureHost() });

/** The Worker as it is, that also serves what the conformance suite of MCP asks for. */
export default { fetch: app.fetch, queue: wakeTargets };
