/**
 * Tokens of a text counted by length, for providers that report no usage and for calls that were cut short: four
 * ASCII characters are one token (the rule of thumb that OpenAI publishes for English), any other UTF-16 unit is one
 * by itself, since scripts outside ASCII run from one to three characters a token.
 */
export function countTokens(text: string): number {
  let other = 0;
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 127) other++;
  }
  return Math.ceil((text.length - other) / 4) + other;
}

/** Tokens that a chat format adds around each message (role and separators). */
const TOKENS_PER_MESSAGE = 4;

export function countMessageTokens(
  messages: readonly { readonly content: string; readonly tool_calls?: readonly unknown[] }[],
): number {
  return messages.reduce((sum, { content, tool_calls }) => {
    const calls = tool_calls === undefined ? 0 : countTokens(JSON.stringify(tool_calls));
    return sum + countTokens(content) + calls + TOKENS_PER_MESSAGE;
  }, 0);
}
