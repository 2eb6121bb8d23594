import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventsReference } from './lib/events-reference.mjs';
import { ROOT } from './lib/toolchain.mjs';

writeFileSync(join(ROOT, 'docs/events.md'), eventsReference());
