import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeReference } from './lib/node-reference.mjs';
import { ROOT } from './lib/toolchain.mjs';

writeFileSync(join(ROOT, 'docs/nodes.md'), nodeReference());
