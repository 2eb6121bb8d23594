/** `table.column` of a violated UNIQUE constraint, its first column, as SQLite names it in its message; else null. */
export function uniqueViolation(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const match = /UNIQUE constraint failed: ([a-z_]+\.[a-z_]+)/.exec(cause.message);
    if (match?.[1] !== undefined) return match[1];
  }
  return null;
}
