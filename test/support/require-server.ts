/** Browser tests do not start their server themselves: `npm test` and scripts/serve-for-tests.mjs do. */
export default function requireServer(): void {
  const missing = ['E2E_BASE_URL', 'E2E_PAGES_URL', 'E2E_MOCK_URL', 'CHROMIUM_PATH'].filter(
    (name) => process.env[name] === undefined,
  );
  if (missing.length > 0) {
    throw new Error(`${missing.join(', ')} missing: run npm test, or keep node scripts/serve-for-tests.mjs up.`);
  }
}
