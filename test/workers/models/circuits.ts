import { env } from 'cloudflare:workers';
import { Circuits } from '../../../durable-objects/circuit/client.ts';
import { createModels, type ModelsConfig, type ModelsOptions } from '../../../workers/models/index.ts';

/** A clock that the test moves. */
export function clock() {
  let now = Date.UTC(2026, 9, 21, 7, 28, 0);
  return {
    now: () => now,
    advance(milliseconds: number) {
      now += milliseconds;
    },
  };
}

export type Clock = ReturnType<typeof clock>;

/** What one isolate knows of the circuits: two of these share nothing but the objects. */
export function isolate({ now }: Clock): Circuits {
  return new Circuits(env.CIRCUIT, { clock: now, random: () => 0, cache: new Map() });
}

/** The real adapters behind circuits of this isolate, for the organization whose own key they call with. */
export function guardedModels(
  config: ModelsConfig,
  { now }: Clock,
  circuits: Circuits,
  organizationId: string,
  more: Partial<ModelsOptions> = {},
) {
  return createModels({
    config,
    fetch: (input, init) => fetch(input, init),
    clock: now,
    priceOf: async () => null,
    circuitOf: (provider) => circuits.provider(provider, organizationId),
    ...more,
  });
}
