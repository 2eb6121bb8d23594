/** Stands for what is left out of a secret as it is shown; it has no place in a token or an address. */
export const MASK = '***';

const HINT_CHARACTERS = 4;
/** A shorter secret would be told by its hint. */
const HINTED_CHARACTERS = 12;

export function maskedText(secret: string): string {
  return `${MASK}${secret.length > HINTED_CHARACTERS ? secret.slice(-HINT_CHARACTERS) : ''}`;
}

/** An address whose path or query opens it to whoever has it: its origin, and a hint. */
export function maskedUrl(text: string): string {
  const { origin } = new URL(text);
  return `${origin}/${maskedText(text.slice(origin.length))}`;
}
