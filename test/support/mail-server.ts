import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A mail service that speaks Resend's API and delivers nothing. */
    mailServerUrl: string;
  }
}

/** A mail that the service took, as it came in. */
export interface SentMail {
  readonly id: string;
  readonly idempotency_key: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * `POST /emails` as https://resend.com/docs/api-reference/emails/send-email describes it, with the errors of
 * https://resend.com/docs/api-reference/errors. What goes wrong is said by the recipient's local part, up to a `+`:
 * `reject` (422), `limited` (429), `down` (500 always), `flaky` (500 once), `hang` (no answer), `stall` (headers alone),
 * `drop` (no connection once), `odd` (200 without JSON). `GET /sent?to=` lists what was taken, `GET /tries?to=` counts requests.
 */
export default async function startMailServer(project: TestProject): Promise<() => Promise<void>> {
  const sent: SentMail[] = [];
  const tries = new Map<string, number>();
  const answered = new Map<string, { payload: string; id: string }>();

  const json = (response: ServerResponse, status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  const refuse = (response: ServerResponse, statusCode: number, name: string, message: string) =>
    json(response, statusCode, { statusCode, name, message });

  const take = (request: IncomingMessage, response: ServerResponse, body: string) => {
    const { headers } = request;
    if (headers['user-agent'] === undefined) return refuse(response, 403, 'forbidden', 'error code: 1010');
    const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    if (key === undefined)
      return refuse(response, 401, 'missing_api_key', 'Missing API key in the authorization header');
    if (!key.startsWith('re_')) return refuse(response, 403, 'invalid_api_key', 'API key is invalid');
    const mail = JSON.parse(body) as Omit<SentMail, 'id' | 'idempotency_key'>;
    const [to] = mail.to;
    for (const field of ['from', 'subject'] as const) {
      if (typeof mail[field] !== 'string' || mail[field] === '') {
        return refuse(response, 422, 'missing_required_field', `Missing \`${field}\` field.`);
      }
    }
    if (to === undefined) return refuse(response, 422, 'missing_required_field', 'Missing `to` field.');
    if (/[\r\n]/.test(mail.subject)) return refuse(response, 422, 'validation_error', 'The `\\n` is not allowed.');
    const count = (tries.get(to) ?? 0) + 1;
    tries.set(to, count);
    switch (to.split(/[+@]/, 1)[0]) {
      case 'reject':
        return refuse(response, 422, 'validation_error', `Invalid \`to\` field: ${to}. ${mail.text}`);
      case 'limited':
        response.setHeader('retry-after', '7');
        return refuse(response, 429, 'rate_limit_exceeded', 'Too many requests.');
      case 'down':
        return refuse(response, 500, 'application_error', 'An unexpected error occurred.');
      case 'flaky':
        if (count === 1) return refuse(response, 500, 'application_error', 'An unexpected error occurred.');
        break;
      case 'drop':
        if (count === 1) return request.socket.destroy();
        break;
      case 'hang':
        return;
      case 'stall':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{');
        return;
      case 'odd':
        response.writeHead(200, { 'content-type': 'text/html' });
        return response.end('<p>Welcome to the hotel network</p>');
    }
    const idempotencyKey = String(headers['idempotency-key'] ?? '');
    if (idempotencyKey.length > 256) return refuse(response, 400, 'invalid_idempotency_key', 'Too long.');
    const before = answered.get(idempotencyKey);
    if (before !== undefined) {
      if (before.payload === body) return json(response, 200, { id: before.id });
      return refuse(response, 409, 'invalid_idempotent_request', 'Same idempotency key used with a different payload.');
    }
    const id = crypto.randomUUID();
    if (idempotencyKey !== '') answered.set(idempotencyKey, { payload: body, id });
    sent.push({ id, idempotency_key: idempotencyKey, ...mail });
    return json(response, 200, { id });
  };

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://mail');
    const to = searchParams.get('to') ?? '';
    if (request.method === 'GET' && pathname === '/sent') {
      return json(
        response,
        200,
        sent.filter((mail) => mail.to.includes(to)),
      );
    }
    if (request.method === 'GET' && pathname === '/tries') return json(response, 200, tries.get(to) ?? 0);
    if (request.method !== 'POST' || pathname !== '/emails') {
      return refuse(response, 404, 'not_found', 'The requested endpoint does not exist.');
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => take(request, response, Buffer.concat(chunks).toString()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('mailServerUrl', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
