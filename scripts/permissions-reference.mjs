import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { permissionsReference } from './lib/permissions-reference.mjs';
import { ROOT } from './lib/toolchain.mjs';

writeFileSync(join(ROOT, 'docs/permissions.md'), permissionsReference());
