import type { TestProject } from 'vitest/node';
import { Receiver } from './receiver.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    receiverUrl: string;
  }
}

export default async function startReceiver(project: TestProject): Promise<() => Promise<void>> {
  const { server } = new Receiver();
  const port = Number(process.env.RECEIVER_PORT);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  project.provide('receiverUrl', `http://127.0.0.1:${port}`);
  return () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
}
