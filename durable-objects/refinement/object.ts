import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../workers/platform/env.ts';

export class RefinementObject extends DurableObject<Env> {}
