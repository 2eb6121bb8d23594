import type { Context } from 'hono';
import type { AppEnv } from '../../platform/router.ts';
import type { DoorCaller } from './caller.ts';

export async function doorCaller(c: Context<AppEnv>): Promise<DoorCaller & { readonly id: string }> {
  throw new Error(`not yet ${c.req.path}`);
}
