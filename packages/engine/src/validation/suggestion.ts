/** Letters to change, add, leave out or swap with their neighbour to make one word of the other, up to past `limit`. */
function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let at = 1; at <= left.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= right.length; to += 1) {
      const same = left[at - 1] === right[to - 1] ? 0 : 1;
      let least = Math.min((row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1, (row[to - 1] ?? 0) + same);
      const swapped = to > 1 && left[at - 1] === right[to - 2] && left[at - 2] === right[to - 1];
      if (swapped) least = Math.min(least, (before[to - 2] ?? limit) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? limit + 1;
}

/** The known name that an unknown one is most likely a slip of, or null. Case does not count. */
export function nearestName(name: string, known: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(Math.min(name.length, 63) / 3));
  let nearest: string | null = null;
  let least = limit + 1;
  for (const candidate of known) {
    const distance = editDistance(name.slice(0, 64).toLowerCase(), candidate.toLowerCase(), limit);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** ` Did you mean "classify"?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known);
  return nearest === null ? '' : ` Did you mean "${nearest}"?`;
}
