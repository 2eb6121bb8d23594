/** The one form in which addresses are stored and compared: NFKC, trimmed, lower-cased. */
export function normalizeEmail(address: string): string {
  return address.normalize('NFKC').trim().toLowerCase();
}
