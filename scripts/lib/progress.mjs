import { seconds } from './toolchain.mjs';

const live = process.stdout.isTTY === true && process.env.CI === undefined;

/**
 * Shows one step of work: its name while it runs, its time when it ends.
 * @template T
 * @param {string} title
 * @param {(note: (text: string) => void) => Promise<T> | T} work `note` adds what came out of it, in a few words.
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = performance.now();
  let noted = '';
  if (live) process.stdout.write(`  ${title} …`);
  try {
    const result = await work((text) => {
      noted = text;
    });
    const line = `✓ ${title}${noted === '' ? '' : `: ${noted}`} (${seconds(performance.now() - started)})`;
    process.stdout.write(`${live ? '\r\u001b[K' : ''}${line}\n`);
    return result;
  } catch (error) {
    process.stdout.write(`${live ? '\r\u001b[K' : ''}✗ ${title} (${seconds(performance.now() - started)})\n`);
    throw error;
  }
}
