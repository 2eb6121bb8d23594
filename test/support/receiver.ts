import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** How a receiver treats one delivery. */
export type Treatment =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Answers 204 once it is released. */
  | { readonly kind: 'hold' }
  /** Answers 204 after so long. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Closes the connection without a word. */
  | { readonly kind: 'drop' }
  /** Says that it has succeeded, and then speaks no HTTP any more. */
  | { readonly kind: 'lie' }
  /** Begins its answer and breaks off in the body. */
  | { readonly kind: 'break'; readonly status: number }
  /** Sends a character of its body now and then, for ever. */
  | { readonly kind: 'dribble'; readonly status: number }
  /** Answers with everything that it was sent. */
  | { readonly kind: 'echo' };

/** A delivery as it came in. */
export interface Got {
  readonly at: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** How many others were being answered then. */
  readonly beside: number;
}

const DRIBBLE_MS = 100;
const OK: Treatment = { kind: 'answer', status: 204 };

/**
 * Receivers of deliveries, each with a name, on one real HTTP server. `/hook/<name>` takes deliveries and treats each by
 * the next of its treatments, of which the last one goes on; `/plan/<name>` sets them, `/got/<name>` lists what came,
 * `/release/<name>` answers what is held and holds nothing more.
 */
export class Receiver {
  readonly server: Server;
  private readonly plans = new Map<string, Treatment[]>();
  private readonly got = new Map<string, Got[]>();
  private readonly held = new Map<string, ServerResponse[]>();
  private readonly open = new Map<string, number>();
  private readonly seen: (name: string, got: Got) => void;

  /** @param seen called with every delivery, before it is answered */
  constructor(seen: (name: string, got: Got) => void = () => undefined) {
    this.seen = seen;
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    // A connection that is closed while a request is on its way makes the runtime send it again.
    this.server.keepAliveTimeout = 600_000;
  }

  plan(name: string, treatments: readonly Treatment[]): void {
    this.plans.set(name, [...treatments]);
  }

  gotBy(name: string): readonly Got[] {
    return this.got.get(name) ?? [];
  }

  release(name: string): void {
    this.plan(name, [OK]);
    for (const response of this.held.get(name)?.splice(0) ?? []) response.writeHead(204).end();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, action = '', name = ''] = (request.url ?? '').split('/');
    const beside = this.open.get(name) ?? 0;
    if (action === 'hook') this.open.set(name, beside + 1);
    response.on('close', () => {
      if (action === 'hook') this.open.set(name, (this.open.get(name) ?? 1) - 1);
    });
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += chunk;
    if (action === 'hook') return this.take(name, { beside, body }, request, response);
    if (action === 'plan') this.plan(name, JSON.parse(body) as Treatment[]);
    if (action === 'release') this.release(name);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(this.gotBy(name)));
  }

  private take(
    name: string,
    { beside, body }: Pick<Got, 'beside' | 'body'>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    const one = { at: Date.now(), path: request.url ?? '', headers, body, beside };
    const before = this.got.get(name);
    if (before === undefined) this.got.set(name, [one]);
    else before.push(one);
    const plan = this.plans.get(name) ?? [OK];
    const treatment = (plan.length > 1 ? plan.shift() : plan[0]) ?? OK;
    this.seen(name, one);
    this.treat(name, treatment, one, response);
  }

  private treat(name: string, treatment: Treatment, one: Got, response: ServerResponse): void {
    switch (treatment.kind) {
      case 'answer':
        response.writeHead(treatment.status, treatment.headers).end(treatment.body ?? '');
        return;
      case 'hang':
        return;
      case 'hold':
        this.held.set(name, [...(this.held.get(name) ?? []), response]);
        return;
      case 'slow':
        setTimeout(() => response.writeHead(204).end(), treatment.ms);
        return;
      case 'drop':
        response.destroy();
        return;
      case 'lie':
        response.socket?.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk at all');
        return;
      case 'break':
        response.writeHead(treatment.status, { 'content-length': '100' });
        response.write('half an answer', () => response.destroy());
        return;
      case 'dribble': {
        response.writeHead(treatment.status, { 'content-length': '1000000' });
        const timer = setInterval(() => response.write('.'), DRIBBLE_MS);
        response.on('close', () => clearInterval(timer));
        return;
      }
      case 'echo':
        response.writeHead(200, { 'content-type': 'application/json', 'x-echo': one.headers['x-own'] ?? '' });
        response.end(JSON.stringify({ headers: one.headers, body: one.body }));
    }
  }
}
