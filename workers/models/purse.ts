import type { HeldMoney, ModelCallOptions, StepError } from '@agentflow/engine';

export type Held = { readonly ok: true; readonly held: HeldMoney } | { readonly ok: false; readonly error: StepError };

/** What pays for the model calls of one attempt of a step. */
export interface Purse {
  /**
   * Before a call that has a price.
   *
   * @param most that the call can cost, in integer micro-dollars
   */
  reserve(most: number): Promise<Held>;
  /** What the call did cost. */
  spent(held: HeldMoney, costMicrousd: number): void;
}

/** Without a purse calls are made and nobody is asked. */
export interface PaidCallOptions extends ModelCallOptions {
  readonly purse?: Purse;
}
