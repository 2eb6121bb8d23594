import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { OBJECTS, QUEUES } from '../../bench/lib/product.mjs';
import { bundle, type Served } from '../../bench/lib/workerd.mjs';

/**
 * The build that is benchmarked, as a workerd of its own serves it.
 *
 * @param folder for its state
 * @param outbound host and port that agents may call
 * @param main the script, where it is not the product's own
 */
export function servedProduct(folder: string, outbound: string, main?: string): Served {
  const assets = mkdtempSync(path.join(folder, 'assets-'));
  return {
    folder: bundle('wrangler.toml', path.join(folder, 'built'), { minify: false, assets, ...(main && { main }) }),
    script: main === undefined ? 'index.js' : path.basename(main).replace(/ts$/, 'js'),
    objects: OBJECTS,
    queues: QUEUES,
    bindings: {
      ENVIRONMENT: 'local',
      LOG_LEVEL: 'error',
      OUTBOUND_ALLOW: outbound,
      AUTH_KEYS: 'test1:dGVzdC1vbmx5LXNpZ25pbmcta2V5LTAxMjM0NTY3ODk=',
      VAULT_KEYS: 'test1:dGVzdC1vbmx5LXZhdWx0LWtleS0wMTIzNDU2Nzg5MDE=',
    },
    state: path.join(folder, 'state'),
  };
}
