interface Env {
  /** The Worker of workers/index.ts. */
  readonly WORKER: Fetcher;
}

/** Everything that _routes.json names goes to the Worker as it is, sockets included; the rest are files of the UI. */
export const onRequest: PagesFunction<Env> = ({ request, env }) => env.WORKER.fetch(request);
