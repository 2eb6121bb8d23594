/** Prices in integer micro-dollars per million tokens, so that costs need no fractions of a dollar. */
export interface ModelPrice {
  readonly input_microusd_per_million: number;
  readonly output_microusd_per_million: number;
  /** What the whole call pays when its input is longer than `over_tokens`. */
  readonly long_prompt?: {
    readonly over_tokens: number;
    readonly input_microusd_per_million: number;
    readonly output_microusd_per_million: number;
  };
}

/** Dollars per million tokens, as vendors print them, to integer micro-dollars per million tokens. */
export function microusdPerMillion(usdPerMillion: number): number {
  return Math.round(usdPerMillion * 1_000_000);
}

/**
 * Cost of a call in integer micro-dollars, rounded up once over the sum of both directions: a call that cost a
 * fraction of a micro-dollar is never booked as free, and rounding adds at most one micro-dollar a call.
 */
export function callCost(price: ModelPrice, inputTokens: number, outputTokens: number): number {
  const tier =
    price.long_prompt !== undefined && inputTokens > price.long_prompt.over_tokens ? price.long_prompt : price;
  return Math.ceil(
    (inputTokens * tier.input_microusd_per_million + outputTokens * tier.output_microusd_per_million) / 1_000_000,
  );
}
