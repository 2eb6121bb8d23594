import { PERMISSIONS, PERSONAL_PERMISSIONS, ROLE_PERMISSIONS, ROLES } from '@agentflow/contracts';

/** @param {readonly string[]} cells */
const row = (cells) => `| ${cells.join(' | ')} |`;

/** docs/permissions.md as the matrix in contracts says it. */
export function permissionsReference() {
  const names = /** @type {import('@agentflow/contracts').Permission[]} */ (Object.keys(PERMISSIONS));
  const personal = /** @type {readonly string[]} */ (PERSONAL_PERMISSIONS);
  const lines = [
    '<!-- Generated from packages/contracts/src/permissions.ts by `npm run docs:permissions`. -->',
    '',
    '# Permissions',
    '',
    'Every operation of the API names the permission that it needs: `x-access` in the OpenAPI document, and beside each operation on',
    'the page `/docs`. A person has the permissions of their role, an API key those of its scopes. Nobody gives what they do not have:',
    'neither a role above their own, nor a key with a scope that their role lacks.',
    '',
    row(['permission', 'what it allows', ...ROLES]),
    row(['---', '---', ...ROLES.map(() => ':-:')]),
    ...names.map((name) =>
      row([
        `\`${name}\``,
        PERMISSIONS[name] + (personal.includes(name) ? ' (no key can have it)' : ''),
        ...ROLES.map((role) => (ROLE_PERMISSIONS[role].includes(name) ? '✓' : '')),
      ]),
    ),
    '',
  ];
  return lines.join('\n');
}
