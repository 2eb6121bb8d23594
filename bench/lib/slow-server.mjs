import { createServer } from 'node:http';

/**
 * Answers every call after so many milliseconds: what an agent's HTTP steps call.
 *
 * @param {number} milliseconds
 */
export async function slowServer(milliseconds) {
  const server = createServer((_request, response) => {
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"ok":true}');
    }, milliseconds);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}/`, stop: () => server.close() };
}
