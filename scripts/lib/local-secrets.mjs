import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writePrivate } from './local-files.mjs';
import { Refusal } from './toolchain.mjs';

/** Fresh signing and vault keys, in the form that AUTH_KEYS and VAULT_KEYS take. */
export function newKeys() {
  return {
    AUTH_KEYS: `local1:${randomBytes(48).toString('base64')}`,
    VAULT_KEYS: `local1:${randomBytes(32).toString('base64')}`,
  };
}

/**
 * Makes .dev.vars with random keys where there is none; one that is there is never changed.
 * @param {string} path
 * @returns {boolean} Whether it was made.
 */
export function ensureSecrets(path) {
  if (existsSync(path)) {
    const text = readFileSync(path, 'utf8');
    const missing = ['AUTH_KEYS', 'VAULT_KEYS'].filter((name) => !new RegExp(`^\\s*${name}\\s*=`, 'm').test(text));
    if (missing.length === 0) return false;
    throw new Refusal(
      `.dev.vars lacks ${missing.join(' and ')}: add what docs/configuration.md says, or delete the file and run npm start again.`,
    );
  }
  const { AUTH_KEYS, VAULT_KEYS } = newKeys();
  writePrivate(
    path,
    `# Secrets of this machine's own installation. docs/configuration.md lists every variable.
# Losing VAULT_KEYS makes stored secrets unreadable; changing AUTH_KEYS signs everybody out.
AUTH_KEYS="${AUTH_KEYS}"
VAULT_KEYS="${VAULT_KEYS}"

# Language models; without any, builtin/extractive serves.
# OPENAI_API_KEY=""
# ANTHROPIC_API_KEY=""
# GOOGLE_API_KEY=""
# OLLAMA_BASE_URL="http://localhost:11434"
# OUTBOUND_ALLOW="localhost:11434"

# Mail; without both, mails are kept for the page /dev/mails.
# MAIL_API_KEY=""
# MAIL_FROM=""
`,
  );
  return true;
}
