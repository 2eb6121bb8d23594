import { DurableObject } from 'cloudflare:workers';
import { and, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { Hono } from 'hono';
import { jwtVerify, SignJWT } from 'jose';
import { agents } from '../../workers/db/schema/agents.ts';

/**
 * The floor that the product is measured against: the same object calls and the same rows, written by hand, with no
 * engine, no registry, no expressions, no events to sockets and no error handling. Kept honest by being read: whoever
 * makes the product write less must take it out here too.
 */
interface FloorEnv {
  DB: D1Database;
  DESK: DurableObjectNamespace<FloorDesk>;
  RUN: DurableObjectNamespace<FloorRun>;
  WATCHED: DurableObjectNamespace<FloorWatched>;
  FLOOR_KEY: string;
}

/** Unless the request says how many. */
const STEPS = '10';

/** Admission: one durable lease row; settlement: it is deleted and the day's spend is counted. */
export class FloorDesk extends DurableObject<FloorEnv> {
  constructor(ctx: DurableObjectState, env: FloorEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      'CREATE TABLE IF NOT EXISTS leases (id TEXT PRIMARY KEY, execution_id TEXT, expires_at INTEGER) WITHOUT ROWID',
    );
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS spend (day TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID');
  }

  admit(executionId: string): string {
    const id = crypto.randomUUID();
    this.ctx.storage.sql.exec('INSERT INTO leases VALUES (?, ?, ?)', id, executionId, Date.now() + 60_000);
    return id;
  }

  /** What a refusal needs: the key's hash is known, and nothing is written. */
  check(hash: string): 'refused' | 'unknown' {
    return hash.length === 64 ? 'refused' : 'unknown';
  }

  settle(lease: string): void {
    this.ctx.storage.sql.exec('DELETE FROM leases WHERE id = ?', lease);
    this.ctx.storage.sql.exec(
      'INSERT INTO spend VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET n = n + 1',
      new Date().toISOString().slice(0, 10),
    );
  }
}

/** A run: one row for the execution, and for each step a row at its start, its result, and an event for both. */
export class FloorRun extends DurableObject<FloorEnv> {
  async run(
    id: string,
    lease: string,
    organization: string,
    agent: string,
    input: string,
    steps: number,
  ): Promise<number> {
    const { sql } = this.ctx.storage;
    const now = Date.now();
    sql.exec('CREATE TABLE run (id TEXT, lease TEXT, input TEXT, output TEXT, status TEXT, told INTEGER)');
    sql.exec(
      'CREATE TABLE steps (key TEXT PRIMARY KEY, status TEXT, output TEXT, started_at INTEGER, finished_at INTEGER) WITHOUT ROWID',
    );
    sql.exec('CREATE TABLE events (seq INTEGER PRIMARY KEY, type TEXT, at INTEGER, node_id TEXT, data TEXT)');
    sql.exec('INSERT INTO run VALUES (?, ?, ?, NULL, ?, 0)', id, lease, input, 'running');
    void this.ctx.storage.setAlarm(now + 1000);
    let value = (JSON.parse(input) as { n: number }).n;
    for (let step = 0; step < steps; step++) {
      sql.exec('INSERT INTO steps VALUES (?, ?, NULL, ?, NULL)', `n${step}`, 'running', Date.now());
      sql.exec(
        'INSERT INTO events (type, at, node_id, data) VALUES (?, ?, ?, ?)',
        'step.started',
        Date.now(),
        `n${step}`,
        '{}',
      );
      value = await Promise.resolve(value + 1);
      this.ctx.storage.transactionSync(() => {
        sql.exec(
          'UPDATE steps SET status = ?, output = ?, finished_at = ? WHERE key = ?',
          'completed',
          `{"n":${value}}`,
          Date.now(),
          `n${step}`,
        );
        sql.exec(
          'INSERT INTO events (type, at, node_id, data) VALUES (?, ?, ?, ?)',
          'step.completed',
          Date.now(),
          `n${step}`,
          `{"n":${value}}`,
        );
      });
    }
    sql.exec('UPDATE run SET status = ?, output = ?', 'completed', `{"n":${value}}`);
    this.ctx.waitUntil(this.tell(id, lease, organization, agent, now));
    return value;
  }

  private async tell(id: string, lease: string, organization: string, agent: string, startedAt: number): Promise<void> {
    await Promise.all([
      this.env.DESK.get(this.env.DESK.idFromName(organization)).settle(lease),
      this.env.DB.prepare(
        `INSERT INTO executions (id, organization_id, agent_id, agent_name, version, mode, status, trigger, actor_type, actor_id,
          actor_name, input_tokens, output_tokens, cost_microusd, step_count, created_at, started_at, finished_at, revision)
          VALUES (?, ?, ?, 'bench', 1, 'live', 'completed', 'api', 'user', 'u', 'u', 0, 0, 0, 10, ?, ?, ?, 2)`,
      )
        .bind(id, organization, agent, startedAt, startedAt, Date.now())
        .run(),
    ]);
    this.ctx.storage.sql.exec('UPDATE run SET told = 1');
    await this.ctx.storage.deleteAlarm();
  }

  override alarm(): void {}
}

const TICK_MS = 100;
const TICKS = 60;

/** To every socket two events ten times a second, as long as a loop's over an HTTP call are, and nothing else. */
export class FloorWatched extends DurableObject<FloorEnv> {
  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  async tick(): Promise<void> {
    for (let tick = 0; tick < TICKS; tick++) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      const at = new Date().toISOString();
      const messages = [380, 100].map((characters, index) =>
        JSON.stringify({ seq: 2 * tick + index + 1, at, type: 'step', node_id: 'call', data: 'x'.repeat(characters) }),
      );
      for (const socket of this.ctx.getWebSockets()) for (const message of messages) socket.send(message);
    }
    for (const socket of this.ctx.getWebSockets()) socket.close(1000, 'ended');
  }

  override webSocketClose(): void {}
}

const app = new Hono<{ Bindings: FloorEnv }>();
let key: Promise<CryptoKey> | undefined;

function signingKey(env: FloorEnv): Promise<CryptoKey> {
  key ??= crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(env.FLOOR_KEY),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  );
  return key;
}

app.get('/token', async (c) =>
  c.text(
    await new SignJWT({ org: 'org_bench' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(await signingKey(c.env)),
  ),
);

/** The floor of a read: a bare route doing one D1 read, as anybody would write it. */
app.get('/agents/:organization/:id', async (c) => {
  const row = await drizzle(c.env.DB)
    .select()
    .from(agents)
    .where(and(eq(agents.organization_id, c.req.param('organization')), eq(agents.id, c.req.param('id'))))
    .limit(1);
  return row[0] === undefined ? c.notFound() : c.json(row[0]);
});

app.post('/run/:organization/:agent', async (c) => {
  await jwtVerify((c.req.header('authorization') ?? '').slice(7), await signingKey(c.env), { algorithms: ['HS256'] });
  const body = await c.req.text();
  const organization = c.req.param('organization');
  const id = `exe_${crypto.randomUUID()}`;
  const lease = await c.env.DESK.get(c.env.DESK.idFromName(organization)).admit(id);
  const steps = Number(c.req.query('steps') ?? STEPS);
  const run = c.env.RUN.get(c.env.RUN.idFromName(id));
  const value = await run.run(id, lease, organization, c.req.param('agent'), body, steps);
  return c.json({ id, value });
});

/** The floor of a refusal: the key is hashed, and one object call says no. */
app.post('/refuse/:organization', async (c) => {
  const key = (c.req.header('authorization') ?? '').slice(7);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  await c.req.json();
  const answer = await c.env.DESK.get(c.env.DESK.idFromName(c.req.param('organization'))).check(hash);
  return c.json({ code: answer }, 429);
});

const POSTS_AT_ONCE = 10;

/** The floor of deliveries: every body is posted to every URL, some at a time to each, and nothing is stored or signed. */
app.post('/deliver', async (c) => {
  const { urls, bodies } = await c.req.json<{ urls: string[]; bodies: string[] }>();
  const post = async (url: string, waiting: string[]) => {
    for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
      const answer = await fetch(url, { method: 'POST', body });
      await answer.arrayBuffer();
    }
  };
  const lanes = urls.flatMap((url) => {
    const waiting = [...bodies];
    return Array.from({ length: POSTS_AT_ONCE }, () => post(url, waiting));
  });
  await Promise.all(lanes);
  return c.body(null, 204);
});

app.get('/watch/:id', (c) => c.env.WATCHED.get(c.env.WATCHED.idFromName(c.req.param('id'))).fetch(c.req.raw));

app.post('/tick/:id', async (c) => {
  c.executionCtx.waitUntil(c.env.WATCHED.get(c.env.WATCHED.idFromName(c.req.param('id'))).tick());
  return c.body(null, 202);
});

app.get('/count', async (c) => c.json(await c.env.DB.prepare('SELECT count(*) AS n FROM executions').first()));

export default app;
