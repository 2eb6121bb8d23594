import { DurableObject } from 'cloudflare:workers';
import type { DeliveryDetail, TargetHealth } from '@agentflow/contracts';
import type { Env } from '../../workers/platform/env.ts';
import type { DeliveryPage, DeliveryPageQuery, TestEvent, Wakeup } from './client.ts';

/** One target: what is for it, in what order, when it is tried again. */
export class WebhookTargetObject extends DurableObject<Env> {
  /** There may be something to pull, or the subscription has changed. Answers at once. */
  async wake(_target: Wakeup): Promise<void> {
    throw new Error('not made yet');
  }

  /** Sends an event that nobody else gets, and answers when its first attempt has ended. Null where there is no such target. */
  async test(_target: Wakeup, _event: TestEvent): Promise<DeliveryDetail | null> {
    throw new Error('not made yet');
  }

  /** Newest first. */
  async deliveries(_query: DeliveryPageQuery): Promise<DeliveryPage> {
    throw new Error('not made yet');
  }

  async delivery(_id: string): Promise<DeliveryDetail | null> {
    throw new Error('not made yet');
  }

  /** Sends it again, at once; `not_kept` where its body is gone. */
  async replay(_id: string): Promise<'sent_again' | 'not_found' | 'not_kept' | 'inactive'> {
    throw new Error('not made yet');
  }

  /** Sends again what has failed since then; how many. */
  async recover(_since: number): Promise<number> {
    throw new Error('not made yet');
  }

  async health(): Promise<TargetHealth> {
    throw new Error('not made yet');
  }

  /** Deletes everything; a wake-up that comes later finds nothing to pull. */
  async erase(): Promise<void> {
    throw new Error('not made yet');
  }
}
