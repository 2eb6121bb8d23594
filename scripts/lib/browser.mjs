import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';
import { Refusal, runTool } from './toolchain.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @param {string} path */
function runs(path) {
  // Some distributions put a stub on the PATH that only says where the real one would come from.
  return existsSync(path) && spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0;
}

function onPath() {
  for (const name of NAMES) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder !== '' && runs(path)) return path;
    }
  }
  return null;
}

/** Playwright's own download, where it has been made. */
function playwrightsOwn() {
  const path = chromium.executablePath();
  return runs(path) ? path : null;
}

/**
 * A Chromium for the browser tests: CHROMIUM_PATH, one on the PATH, Playwright's own, or one that Playwright can fetch.
 * @returns {Promise<string>}
 */
export async function findBrowser() {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') {
    if (runs(named)) return named;
    throw new Refusal(`CHROMIUM_PATH is ${named}, which does not run: point it at a Chromium, or unset it.`);
  }
  const found = onPath() ?? playwrightsOwn();
  if (found !== null) return found;
  await runTool(['@playwright/test', 'playwright'], ['install', 'chromium']);
  const fetched = playwrightsOwn();
  if (fetched !== null) return fetched;
  throw new Refusal(
    'The browser tests need Chromium, and none was found or could be downloaded: install it (apt-get install chromium) or set CHROMIUM_PATH.',
  );
}
