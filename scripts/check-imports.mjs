import { fileURLToPath } from 'node:url';
import { checkImports } from './lib/import-rules.mjs';

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const { files, imports, violations } = checkImports(root);
for (const { rule, file, line, message } of violations) console.error(`${file}:${line} [${rule}] ${message}`);
console.log(`${files} files, ${imports} imports, ${violations.length} against the rules`);
process.exitCode = violations.length === 0 && files > 0 ? 0 : 1;
