import type { D1Migration } from '@cloudflare/vitest-plugin';
import type { Env } from '../../workers/platform/env.ts';

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      MIGRATIONS: D1Migration[];
      EMAIL_SERVICE_OF_TESTS: SendEmail;
    }
  }
}
type WorkerEnv = Env;
