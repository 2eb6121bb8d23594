import { type Wakeup, webhookTarget } from '../../durable-objects/webhook-target/client.ts';
import type { Env } from './env.ts';
import { createLogger, describeError } from './telemetry.ts';

/** Who has not answered by then is left alone: its desk calls again. */
const PATIENCE_MS = 5000;

/**
 * Wakes each target that a batch names, once. The batch is acknowledged whatever comes of it: a message carries no more
 * than ids, and whoever was not woken is called again by its desk, so that a target in trouble holds up no other.
 */
export async function wakeTargets(batch: MessageBatch<Wakeup>, env: Env): Promise<void> {
  batch.ackAll();
  const targets = new Map(batch.messages.map(({ body }) => [body.target_id, body]));
  await Promise.all(
    [...targets.values()].map(async (target) => {
      try {
        await within(PATIENCE_MS, webhookTarget(env.WEBHOOK_TARGET, target.target_id).wake(target));
      } catch (error) {
        const { organization_id, target_id } = target;
        const logger = createLogger({ organization_id, target_id }, { level: env.LOG_LEVEL });
        logger.log('warn', 'wakeup.failed', describeError(error));
      }
    }),
  );
}

async function within(ms: number, done: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
