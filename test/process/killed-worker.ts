import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Served, serve } from '../../bench/lib/workerd.mjs';

/** The Worker on a workerd that is killed with SIGKILL and started again on what it left on disk. */
export class KilledWorker {
  url = '';
  kills = 0;
  alive = false;
  private readonly options: Served;
  private readonly pidFile: string;
  private stopServing: () => Promise<void> = async () => undefined;
  private serving: Promise<void> = Promise.resolve();
  private resume: () => void = () => undefined;

  /** @param folder for what this needs of its own */
  constructor(options: Served, folder: string) {
    this.options = options;
    this.pidFile = path.join(folder, 'workerd.pid');
    // Becomes workerd itself, so that the process that is killed is the one that serves.
    const workerd = createRequire(createRequire(import.meta.url).resolve('miniflare'))('workerd').default as string;
    const start = path.join(folder, 'workerd.sh');
    writeFileSync(start, `#!/bin/sh\necho $$ > '${this.pidFile}'\nexec '${workerd}' "$@"\n`, { mode: 0o755 });
    process.env.MINIFLARE_WORKERD_PATH = start;
  }

  async start(): Promise<void> {
    const served = await serve({ ...this.options, onRestart: () => this.restarted() });
    this.url = served.url;
    this.stopServing = served.stop;
    this.restarted();
  }

  /** At once; whatever is not on disk is lost. */
  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.kills++;
    this.serving = new Promise((resolve) => {
      this.resume = resolve;
    });
    process.kill(Number(readFileSync(this.pidFile, 'utf8')), 'SIGKILL');
  }

  /** When it serves again. */
  get revived(): Promise<void> {
    return this.serving;
  }

  /** A request to the API below /api/v1; throws for an answer that refuses it. */
  async call<T>(
    token: string,
    method: string,
    at: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${at}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${at}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Asks again while the Worker is being killed under the question; any other failure is one. */
  async through<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const { kills } = this;
      await this.revived;
      try {
        return await ask();
      } catch (error) {
        if (this.kills === kills) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    delete process.env.MINIFLARE_WORKERD_PATH;
    await this.stopServing();
  }

  private restarted(): void {
    this.alive = true;
    this.resume();
  }
}
