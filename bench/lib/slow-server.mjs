import { createServer } from 'node:http';

/**
 * Answers every call after so many milliseconds: what an agent's HTTP steps call. `/beat` is answered with the next beat of
 * a clock that beats that often, so that calls one after the other keep its time however long lies between them.
 *
 * @param {number} milliseconds
 */
export async function slowServer(milliseconds) {
  const server = createServer((request, response) => {
    const wait = request.url === '/beat' ? milliseconds - (performance.now() % milliseconds) : milliseconds;
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"ok":true}');
    }, wait);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const host = `127.0.0.1:${port}`;
  return { host, url: `http://${host}/`, beat: `http://${host}/beat`, stop: () => server.close() };
}
