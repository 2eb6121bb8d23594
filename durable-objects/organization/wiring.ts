import { plan } from '@agentflow/contracts';
import { db } from '../../workers/db/client.ts';
import { agentHead, agentsNamed as agentsNamedIn } from '../../workers/domains/agents/index.ts';
import { projectBudget } from '../../workers/domains/budgets/index.ts';
import {
  eraseRows,
  FORMER_MEMBER,
  forgetPerson,
  isOrganizationErased,
  isPersonErased,
} from '../../workers/domains/erasure/index.ts';
import {
  collectOutgoing,
  deleteOldEvents,
  deleteOutgoing,
  EVENT_DAYS,
  projectEvents,
} from '../../workers/domains/events/index.ts';
import { endedExecutions, projectRetention } from '../../workers/domains/executions/index.ts';
import { projectExternalAgent } from '../../workers/domains/external-agents/index.ts';
import { projectPolicy, projectPolicyDefault, projectRateLimits } from '../../workers/domains/governance/index.ts';
import { archiveInvocations, projectRefusals } from '../../workers/domains/invocations/index.ts';
import {
  findOrganization,
  planLimits,
  projectApiKey,
  projectIpAllowlist,
} from '../../workers/domains/organizations/index.ts';
import { threadsAfter } from '../../workers/domains/refinements/index.ts';
import { projectSubscription } from '../../workers/domains/webhooks/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import { deletePage } from '../../workers/platform/r2.ts';
import { executionObject } from '../execution/client.ts';
import { type RefinementStub, refinementObject } from '../refinement/client.ts';
import { type WebhookTargetStub, webhookTarget } from '../webhook-target/client.ts';
import {
  type AgentHead,
  type CountedRefusals,
  ERASED_PER_PAGE,
  type ErasurePage,
  type ErasureSubject,
  type PlanLimits,
  type Projection,
  type RetentionRule,
} from './client.ts';
import type { ErasureWork } from './erasure.ts';
import type { EventReaders } from './event-relay.ts';

/** The plan's limits as D1 has them; null for an organization that does not exist. */
export async function readPlan(env: Env, organizationId: string): Promise<PlanLimits | null> {
  const organization = await findOrganization(db(env, organizationId), organizationId);
  return organization === undefined ? null : planLimits(plan.parse(organization.plan));
}

export function readAgentHead(env: Env, organizationId: string, agentId: string): Promise<AgentHead | null> {
  return agentHead(db(env, organizationId), organizationId, agentId);
}

export function agentsNamed(env: Env, organizationId: string, name: string): Promise<string[]> {
  return agentsNamedIn(db(env, organizationId), organizationId, name);
}

/** Writes counts of refused calls; lower ones than are there change nothing. */
export function tellRefusals(env: Env, organizationId: string, counted: readonly CountedRefusals[]): Promise<void> {
  return projectRefusals(db(env, organizationId), organizationId, counted);
}

/** Writes what the desk tells, and the audit row of its change, in one batch. Retelling changes nothing. */
export function project(env: Env, message: Projection): Promise<void> {
  const database = db(env, message.organization_id);
  if ('key' in message) return projectApiKey(database, message);
  if ('budget' in message) return projectBudget(database, message);
  if ('external_agent' in message) return projectExternalAgent(database, message);
  if ('subscription' in message) return projectSubscription(database, message);
  if ('policy' in message) return projectPolicy(database, message);
  if ('policy_default' in message) return projectPolicyDefault(database, message);
  if ('rate_limits' in message) return projectRateLimits(database, message);
  return 'retention' in message ? projectRetention(database, message) : projectIpAllowlist(database, message);
}

const DAY_MS = 24 * 3_600_000;
/** Rows that one statement deletes. */
const TIDIED_AT_ONCE = 1000;
/** Messages that one call to the queue takes. */
const MESSAGES_AT_ONCE = 100;

/** Who reads the log of events; `organizationId` is asked when there is something to read. */
export function eventReaders(env: Env, organizationId: () => string): EventReaders {
  const database = () => db(env, organizationId());
  return {
    list: (events) => projectEvents(database(), organizationId(), events),
    tidy: () => deleteOldEvents(database(), organizationId(), Date.now() - EVENT_DAYS * DAY_MS, TIDIED_AT_ONCE),
    async wake(targetIds) {
      const messages = targetIds.map((target_id) => ({ body: { organization_id: organizationId(), target_id } }));
      for (let from = 0; from < messages.length; from += MESSAGES_AT_ONCE) {
        await env.WAKEUPS.sendBatch(messages.slice(from, from + MESSAGES_AT_ONCE));
      }
    },
    erase: (targetId) => webhookTarget(env.WEBHOOK_TARGET, targetId).erase(),
    outgoing: (limit) => collectOutgoing(database(), organizationId(), limit),
    forgetOutgoing: (ids) => deleteOutgoing(database(), organizationId(), ids),
  };
}

/** Moves the payloads of a page of invocations to R2. */
export function archivePage(env: Env, organizationId: string, before: number, cursor: string): Promise<string | null> {
  return archiveInvocations(env, organizationId, before, cursor);
}

/** Executions that one page of a walk speaks to. */
const TOLD_PER_PAGE = 50;

/**
 * Tells a page of ended executions how long they are kept. One that does not answer asks by itself before it is deleted,
 * and is told again by the next walk.
 */
export async function tellRetention(
  env: Env,
  organizationId: string,
  rule: RetentionRule,
  cursor: string,
): Promise<string | null> {
  const ids = await endedExecutions(env, organizationId, cursor, TOLD_PER_PAGE);
  await Promise.allSettled(ids.map((id) => executionObject(env.EXECUTION, id).retain(organizationId, rule)));
  return ids.length < TOLD_PER_PAGE ? null : (ids.at(-1) ?? null);
}

/** Erasing an organization, or forgetting a person in it, outside the desk. */
export function erasureWork(
  env: Env,
  organizationId: string,
  { kind, subject, email }: ErasureSubject,
  targets: () => readonly string[],
): ErasureWork {
  const object = (executionId: string) => executionObject(env.EXECUTION, executionId);
  if (kind === 'organization') {
    return {
      holds: () => isOrganizationErased(env, organizationId),
      async eraseObject(executionId, leased) {
        await object(executionId).erase(organizationId, leased);
        return true;
      },
      storages: {
        targets: (cursor) => inTargets(env, targets(), cursor, (target) => target.erase()),
        refinements: (cursor) => inThreads(env, organizationId, null, cursor, (thread) => thread.erase(organizationId)),
        rows: (cursor, objects) => eraseRows(env, organizationId, cursor, objects),
        // Each object deletes its own; what one wrote while it died is found here.
        values: async () => ({ done: await deletePage(env.VALUES, `${organizationId}/`), cursor: '', failed: false }),
      },
    };
  }
  return {
    holds: () => isPersonErased(env, subject),
    async eraseObject(executionId, leased) {
      const state = await object(executionId).forgetActor(organizationId, subject, FORMER_MEMBER);
      // A start that is still on its way brings the name along.
      return state === 'forgotten' || !leased;
    },
    storages: {
      targets: (cursor) =>
        inTargets(env, targets(), cursor, (target) => target.forget({ id: subject, email, name: FORMER_MEMBER })),
      refinements: (cursor) =>
        inThreads(env, organizationId, subject, cursor, (thread) =>
          thread.forgetPerson(organizationId, subject, FORMER_MEMBER),
        ),
      rows: (cursor, objects) => forgetPerson(env, organizationId, { id: subject, email }, cursor, objects),
    },
  };
}

async function inTargets(
  env: Env,
  targets: readonly string[],
  cursor: string,
  act: (target: WebhookTargetStub) => Promise<void>,
): Promise<ErasurePage> {
  const ids = targets.filter((id) => id > cursor).slice(0, ERASED_PER_PAGE);
  const done = await Promise.allSettled(ids.map((id) => act(webhookTarget(env.WEBHOOK_TARGET, id))));
  const failed = done.some(({ status }) => status === 'rejected');
  return { done: ids.length < ERASED_PER_PAGE, cursor: ids.at(-1) ?? cursor, failed };
}

/** Threads of the organization's refinements, or of those that one person asked for. */
async function inThreads(
  env: Env,
  organizationId: string,
  personId: string | null,
  cursor: string,
  act: (thread: RefinementStub) => Promise<void>,
): Promise<ErasurePage> {
  const threads = await threadsAfter(env, organizationId, personId, cursor, ERASED_PER_PAGE);
  const done = await Promise.allSettled(
    threads.map(({ thread_id }) => act(refinementObject(env.REFINEMENT, thread_id))),
  );
  const failed = done.some(({ status }) => status === 'rejected');
  return { done: threads.length < ERASED_PER_PAGE, cursor: threads.at(-1)?.id ?? cursor, failed };
}
