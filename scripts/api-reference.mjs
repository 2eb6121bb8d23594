import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OBJECTS } from '../bench/lib/product.mjs';
import { bundle, serve } from '../bench/lib/workerd.mjs';
import { apiReference } from './lib/api-reference.mjs';
import { ROOT } from './lib/toolchain.mjs';

/** docs/api.md from the document that the built Worker serves. */
const folder = bundle('wrangler.toml', join(ROOT, '.local/docs'));
const bindings = { ENVIRONMENT: 'local', LOG_LEVEL: 'warn', AUTH_KEYS: '', VAULT_KEYS: '' };
const worker = await serve({ folder, script: 'index.js', objects: OBJECTS, bindings });
try {
  const response = await fetch(`${worker.url}/api/v1/openapi.json`);
  writeFileSync(join(ROOT, 'docs/api.md'), apiReference(await response.json()));
} finally {
  await worker.stop();
}
