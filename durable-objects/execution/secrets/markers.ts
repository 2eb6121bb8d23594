/** Name → the text that stands for the secret until the request leaves. */
export type Markers = Readonly<Record<string, string>>;

const NONE: Markers = {};

/**
 * Markers for one attempt of one step, in memory only. Random, so that nothing that comes in from outside can name one,
 * and new each time, so that one that got out by a detour (an expression that takes it apart, say) is worth nothing to
 * a later step. Letters and digits alone, so that JSON, URLs and header rules leave them as they are.
 */
export function newMarkers(names: readonly string[]): Markers {
  if (names.length === 0) return NONE;
  const random = crypto.randomUUID().replaceAll('-', '');
  return Object.fromEntries(names.map((name, index) => [name, `env${random}n${index}e`]));
}
