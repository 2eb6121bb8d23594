/**
 * @typedef {{ operationId: string, summary: string, description?: string, tags: string[], 'x-access': string,
 *   'x-external-agents'?: string, responses: Record<string, { description: string, 'x-error-codes'?: string[] }> }} Operation
 * @typedef {{ tags: { name: string, description: string }[], paths: Record<string, Record<string, Operation>> }} Document
 */

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Who may call. @param {Operation} operation */
function caller({ 'x-access': access, 'x-external-agents': external }) {
  const own =
    { public: 'anybody', signed_in: 'any credential', external: 'external agents' }[access] ?? `\`${access}\``;
  return external === undefined || access === 'external' ? own : `${own}, external agents with \`${external}\``;
}

/** Codes that every operation with a credential or a body can answer with are told once, above. */
const EVERYWHERE = [
  'unauthenticated',
  'token_expired',
  'forbidden',
  'ip_not_allowed',
  'rate_limited',
  'validation_failed',
  'malformed_json',
  'payload_too_large',
  'unsupported_media_type',
];

/** docs/api.md as the OpenAPI document says it. @param {Document} document */
export function apiReference(document) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const lines = [
    '<!-- Generated from the routes by `npm run docs:api`. -->',
    '',
    '# API reference',
    '',
    'Every operation with who may call it and the error codes that are its own. Parameters, bodies and answers stand in the OpenAPI',
    'document (`/api/v1/openapi.json`) and on the page `/docs`; what each code means in [errors.md](errors.md), what each permission',
    'allows in [permissions.md](permissions.md). External agents come with keys of their own: see [doors.md](doors.md).',
    '',
    'Any operation with a credential can answer `unauthenticated`, `token_expired` (401), `forbidden`, `ip_not_allowed` (403) and',
    '`rate_limited` (429); with a body `malformed_json` (400), `payload_too_large` (413), `unsupported_media_type` (415) and',
    '`validation_failed` (422).',
  ];
  for (const { name, description } of document.tags) {
    const own = operations.filter(({ operation }) => operation.tags[0] === name);
    lines.push(
      '',
      `## ${name}`,
      '',
      description,
      '',
      '| operation | what it does | who | error codes |',
      '| --- | --- | --- | --- |',
    );
    for (const { path, method, operation } of own) {
      const codes = Object.values(operation.responses).flatMap((response) => response['x-error-codes'] ?? []);
      const told = [...new Set(codes)].filter((code) => !EVERYWHERE.includes(code)).map((code) => `\`${code}\``);
      lines.push(`| \`${method} ${path}\` | ${cell(operation.summary)} | ${caller(operation)} | ${told.join(', ')} |`);
    }
  }
  lines.push('');
  return lines.join('\n');
}
