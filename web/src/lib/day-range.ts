/** Whole days of the reader's own time zone, `YYYY-MM-DD`, as the moments that the API takes. What is no day is left out. */
export function dayRange(from: string | undefined, to: string | undefined): { from?: string; to?: string } {
  const first = startOfDay(from);
  const last = startOfDay(to);
  if (last !== null) last.setDate(last.getDate() + 1);
  return {
    ...(first === null ? {} : { from: first.toISOString() }),
    ...(last === null ? {} : { to: new Date(last.getTime() - 1).toISOString() }),
  };
}

function startOfDay(day: string | undefined): Date | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? '');
  if (parts === null) return null;
  const [year, month, date] = parts.slice(1).map(Number) as [number, number, number];
  const start = new Date(year, month - 1, date);
  return start.getMonth() === month - 1 && start.getDate() === date ? start : null;
}
