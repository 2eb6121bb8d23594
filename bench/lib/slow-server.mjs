import { createServer } from 'node:http';

/**
 * Answers every call after so many milliseconds: what an agent's HTTP steps call. `/beat` is answered with the next beat of
 * a clock that beats that often, so that calls one after the other keep its time however long lies between them. Under
 * `/model` is a language model in OpenAI's format, which says one word for a thousand tokens.
 *
 * @param {number} milliseconds
 */
export async function slowServer(milliseconds) {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/model/')) {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => speak(JSON.parse(text).stream === true, response));
      return;
    }
    const wait = request.url === '/beat' ? milliseconds - (performance.now() % milliseconds) : milliseconds;
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"ok":true}');
    }, wait);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const host = `127.0.0.1:${port}`;
  return {
    host,
    url: `http://${host}/`,
    model: `http://${host}/model/v1`,
    beat: `http://${host}/beat`,
    stop: () => server.close(),
  };
}

const USAGE = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 };

/** @param {boolean} streams @param {import('node:http').ServerResponse} response */
function speak(streams, response) {
  const said = { id: 'chat', created: 1, model: 'bench' };
  if (!streams) {
    response.writeHead(200, { 'content-type': 'application/json' });
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Paper.' }, finish_reason: 'stop' }];
    response.end(JSON.stringify({ ...said, object: 'chat.completion', choices, usage: USAGE }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunks = [
    {
      ...said,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'Paper.' } }],
    },
    {
      ...said,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
      usage: USAGE,
    },
  ];
  response.end(`${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`);
}
