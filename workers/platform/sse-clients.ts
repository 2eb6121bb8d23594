/** Something is said at least this often, so that proxies keep the connection. */
const HEARTBEAT_MS = 15_000;
const HEARTBEAT = ': still here\n\n';

interface Connection<Client> {
  readonly client: Client;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly heartbeat: ReturnType<typeof setInterval>;
}

/**
 * Those who read server-sent events from one object. What is sent waits in the object's memory: a client that is more than
 * `most` frames behind is closed, and comes again with Last-Event-ID.
 */
export class SseClients<Client> {
  private readonly connections = new Set<Connection<Client>>();
  private readonly encoder = new TextEncoder();

  /** @param maySee false for a client whose time is over: it is closed instead of told anything. */
  constructor(
    private readonly most: number,
    private readonly maySee: (client: Client) => boolean = () => true,
  ) {}

  get size(): number {
    return this.connections.size;
  }

  count(matches: (client: Client) => boolean): number {
    return [...this.connections].filter(({ client }) => matches(client)).length;
  }

  /** Answers with the frames of `begin`, and with what is sent later unless that was all. */
  open(client: Client, begin: (send: (frame: string) => void) => { readonly ended: boolean }): Response {
    let connection: Connection<Client> | undefined;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const { ended } = begin((frame) => controller.enqueue(this.encoder.encode(frame)));
          if (ended) return controller.close();
          const heartbeat = setInterval(() => this.enqueue(opened, this.encoder.encode(HEARTBEAT)), HEARTBEAT_MS);
          const opened: Connection<Client> = { client, controller, heartbeat };
          connection = opened;
          this.connections.add(opened);
        },
        cancel: () => {
          if (connection !== undefined) this.drop(connection);
        },
      },
      { highWaterMark: this.most },
    );
    return new Response(stream, {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    });
  }

  send(frame: string, isFor: (client: Client) => boolean = () => true): void {
    if (this.connections.size === 0) return;
    const chunk = this.encoder.encode(frame);
    for (const connection of [...this.connections]) if (isFor(connection.client)) this.enqueue(connection, chunk);
  }

  close(matches: (client: Client) => boolean = () => true): void {
    for (const connection of [...this.connections]) if (matches(connection.client)) this.drop(connection, true);
  }

  private enqueue(connection: Connection<Client>, chunk: Uint8Array): void {
    const { client, controller } = connection;
    try {
      if (!this.maySee(client) || (controller.desiredSize ?? 0) <= 0) this.drop(connection, true);
      else controller.enqueue(chunk);
    } catch {
      this.drop(connection);
    }
  }

  private drop(connection: Connection<Client>, end = false): void {
    clearInterval(connection.heartbeat);
    this.connections.delete(connection);
    if (!end) return;
    try {
      connection.controller.close();
    } catch {
      // Already closed by its reader.
    }
  }
}
