/** Answers of any size pass as streams; whoever keeps one in memory reads it with `readBounded`. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Reads an answer as text up to `maxBytes`; what is beyond is dropped and told. Invalid UTF-8 becomes U+FFFD. Ends as soon as
 * the text so far is `enough`.
 */
export async function readBounded(
  response: Response,
  maxBytes: number = MAX_ANSWER_BYTES,
  enough?: (text: string) => boolean,
): Promise<{ text: string; truncated: boolean }> {
  if (response.body === null) return { text: '', truncated: false };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), truncated: false };
    const room = maxBytes - size;
    if (value.byteLength > room) {
      text += decoder.decode(value.subarray(0, room), { stream: true });
      await reader.cancel();
      return { text, truncated: true };
    }
    size += value.byteLength;
    text += decoder.decode(value, { stream: true });
    if (enough?.(text) === true) {
      await reader.cancel();
      return { text, truncated: false };
    }
  }
}
