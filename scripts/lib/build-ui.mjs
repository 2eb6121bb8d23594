import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { LOCAL, readJson, writeJson } from './local-files.mjs';
import { lastLines, Refusal, ROOT, runTool } from './toolchain.mjs';

const INPUTS = ['web', 'packages/contracts/src', 'packages/engine/src', 'package-lock.json'];

/**
 * Builds web/dist unless it was built from the same files.
 * @returns {Promise<'built' | 'unchanged'>}
 */
export async function buildUi() {
  const inputs = fingerprint(INPUTS);
  const record = join(LOCAL, 'ui.json');
  if (readJson(record)?.inputs === inputs && existsSync(join(ROOT, 'web/dist/index.html'))) return 'unchanged';
  const { code, output } = await runTool('vite', ['build', 'web', '--logLevel', 'warn']);
  if (code !== 0) throw new Refusal(`The UI does not build:\n${lastLines(output)}`);
  writeJson(record, { inputs });
  return 'built';
}
