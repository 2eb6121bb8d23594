import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A DNS-over-HTTPS resolver with the names below. */
    resolverUrl: string;
    /** A service that redirects, hangs, streams and counts. */
    targetUrl: string;
  }
}

const A = 1;
const CNAME = 5;
const AAAA = 28;
const PUBLIC = '93.184.215.14';

type Record = { type: number; data: string };

/** What each name answers, by record type; names that are not here do not exist. */
const RECORDS: { [name: string]: Record[] } = {
  'public.example': [{ type: A, data: PUBLIC }],
  'public6.example': [{ type: AAAA, data: '2606:2800:21f:cb07:6820:80da:af6b:8b2c' }],
  'private.example': [{ type: A, data: '10.1.2.3' }],
  'loopback.example': [{ type: A, data: '127.0.0.1' }],
  'metadata.example': [{ type: A, data: '169.254.169.254' }],
  'private6.example': [{ type: AAAA, data: 'fd00::1' }],
  'mapped.example': [{ type: AAAA, data: '::ffff:10.0.0.1' }],
  'mixed.example': [
    { type: A, data: PUBLIC },
    { type: A, data: '192.168.0.1' },
  ],
  'mixed6.example': [
    { type: A, data: PUBLIC },
    { type: AAAA, data: '::1' },
  ],
  'alias.example': [
    { type: CNAME, data: 'inside.corp.example.' },
    { type: A, data: '172.16.0.9' },
  ],
  'alias-only.example': [{ type: CNAME, data: 'nowhere.example.' }],
  'garbage.example': [{ type: A, data: 'not an address' }],
};

async function listen(server: Server, port: number): Promise<string> {
  // A connection that is closed while a request is on its way makes the runtime send it again.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function resolver(): Server {
  const asked = new Map<string, number>();
  return createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://resolver');
    const name = searchParams.get('name') ?? '';
    const type = searchParams.get('type') === 'AAAA' ? AAAA : A;
    const answer = (status: number, records: Record[]) => {
      response.writeHead(200, { 'content-type': 'application/dns-json' });
      response.end(JSON.stringify({ Status: status, Answer: records.map((record) => ({ name, TTL: 0, ...record })) }));
    };
    if (request.headers.accept !== 'application/dns-json') {
      response.writeHead(415).end();
    } else if (name === 'servfail.example') answer(2, []);
    else if (name === 'broken.example') response.writeHead(200).end('<html>');
    else if (name === 'down.example') response.writeHead(500).end();
    else if (name.endsWith('.rebind.example')) {
      // Public when asked the first time, private from then on.
      const times = (asked.get(name) ?? 0) + 1;
      if (type === A) asked.set(name, times);
      answer(0, type === AAAA ? [] : [{ type: A, data: times === 1 ? PUBLIC : '127.0.0.1' }]);
    } else {
      const records = RECORDS[name];
      if (records === undefined) answer(3, []);
      else
        answer(
          0,
          records.filter((record) => record.type === type || record.type === CNAME),
        );
    }
  });
}

function target(): Server {
  let hits = 0;
  let hanging = 0;
  const routes: { [path: string]: (request: IncomingMessage, response: ServerResponse, url: URL) => void } = {
    '/echo': (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'x-agentflow-outbound-error': 'outbound_blocked',
        });
        const body = Buffer.concat(chunks).toString();
        response.end(JSON.stringify({ method: request.method, headers: request.headers, body }));
      });
    },
    '/redirect': (_request, response, url) => {
      response.writeHead(Number(url.searchParams.get('status')), { location: url.searchParams.get('to') ?? '' }).end();
    },
    '/bytes': (_request, response, url) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      let left = Number(url.searchParams.get('n'));
      const chunk = Buffer.alloc(64 * 1024, 'a');
      const write = () => {
        while (left > 0) {
          const part = chunk.subarray(0, Math.min(left, chunk.length));
          left -= part.length;
          if (!response.write(part)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    },
    // Never answers; `/counts` tells how many clients still wait.
    '/hang': (_request, response) => {
      hanging++;
      response.on('close', () => {
        hanging--;
      });
    },
    '/drop': (request) => request.socket.destroy(),
    '/counts': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ hits, hanging }));
    },
    '/secret': (_request, response) => {
      hits++;
      response.writeHead(200).end('inside');
    },
  };
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://target');
    const route = routes[url.pathname];
    if (route === undefined) response.writeHead(404).end();
    else route(request, response, url);
  });
}

export default async function startOutboundServers(project: TestProject): Promise<() => Promise<void>> {
  const [dns, service] = [resolver(), target()];
  const servers = [dns, service];
  // The ports that the test configuration names.
  const resolverUrl = await listen(dns, Number(process.env.RESOLVER_SERVER_PORT));
  const targetUrl = await listen(service, Number(process.env.TARGET_SERVER_PORT));
  project.provide('resolverUrl', `${resolverUrl}/dns-query`);
  project.provide('targetUrl', targetUrl);
  return async () => {
    await Promise.all(
      servers.map((server) => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
      }),
    );
  };
}
