/**
 * Whether one of an item's names holds what is typed: for command lists whose values are ids, which nobody types.
 * Answers as cmdk's `filter` does.
 */
export function matchesName(_value: string, search: string, names: readonly string[] = []): 0 | 1 {
  const wanted = search.trim().toLowerCase();
  return names.some((name) => name.toLowerCase().includes(wanted)) ? 1 : 0;
}
