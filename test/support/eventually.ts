const DEADLINE_MS = 10_000;

/** Asks until there is an answer other than null, undefined or false; fails after ten seconds. For what happens after a response. */
export async function eventually<T>(ask: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error('it did not happen within ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
