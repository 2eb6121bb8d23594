// For working on browser tests: keeps their server up, so that `npx playwright test` can be run again and again.
import { findBrowser } from './lib/browser.mjs';
import { buildUi } from './lib/build-ui.mjs';
import { startTestServer } from './lib/test-server.mjs';

await buildUi();
const { url, pagesUrl, mockUrl, stop } = await startTestServer();
console.log(
  `export E2E_BASE_URL=${url} E2E_PAGES_URL=${pagesUrl} E2E_MOCK_URL=${mockUrl} CHROMIUM_PATH=${await findBrowser()}`,
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => void stop());
