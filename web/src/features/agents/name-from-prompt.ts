const LONGEST = 48;

/** A first name for an agent that was described in words: how the description begins, up to a whole word. */
export function nameFromPrompt(prompt: string): string {
  const [sentence = ''] = prompt.trim().split(/[\n.!?;:]/, 1);
  const words = sentence.trim().split(/\s+/);
  let name = '';
  for (const word of words) {
    if (name !== '' && name.length + 1 + word.length > LONGEST) break;
    name = name === '' ? word.slice(0, LONGEST) : `${name} ${word}`;
  }
  const clean = name.replace(/[,\s–-]+$/, '');
  return clean === '' ? 'New agent' : clean.charAt(0).toUpperCase() + clean.slice(1);
}
