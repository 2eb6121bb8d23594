/** Shortens, for sentences that quote what was typed or what a draft holds. */
export function quoted(text: string): string {
  return `“${text.length > 80 ? `${text.slice(0, 79)}…` : text}”`;
}

/** `a`, `a and b`, `a, b and c`; of more than eight the first ones. */
export function listed(items: readonly string[]): string {
  const shown = items.length > 8 ? [...items.slice(0, 8), `${items.length - 8} more`] : items;
  const last = shown.at(-1) ?? '';
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`;
}

/** Letters and digits alone, in lower case: what two spellings of one name have in common. */
export function bare(text: string): string {
  return wordsOf(text).join('');
}

/** Words in lower case; `refund_amount` and `refundAmount` are two. */
export function wordsOf(text: string): string[] {
  return text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

export function singular(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}
