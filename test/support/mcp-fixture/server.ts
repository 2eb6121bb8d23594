import { createRequestStateCodec, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { McpHost } from '../../../workers/doors/mcp/serve.ts';
import type { SessionSurface } from '../../../workers/doors/mcp/session-exchange.ts';
import { takeAnswer } from './ask-client.ts';
import { addInputRequiredTools, type FixtureState } from './input-required.ts';
import { addAskingTools, addTools, PNG } from './tools.ts';

const AUTH_KEYS = 'fixture:Zml4dHVyZS1zaWduaW5nLWtleS0wMTIzNDU2Nzg5MDE=';
const codec = createRequestStateCodec<FixtureState>({ key: AUTH_KEYS });

/** What the conformance suite expects to find, served by the door's own machinery. */
export function fixtureHost(): McpHost {
  return {
    current: () => fixtureServer(null),
    longCalls: false,
    session: {
      authKeys: AUTH_KEYS,
      caller: 'conformance',
      server: (surface) => fixtureServer(surface).server,
      answered: takeAnswer,
      cancelled: async () => undefined,
    },
  };
}

function fixtureServer(surface: SessionSurface | null): McpServer {
  const server = new McpServer(
    { name: 'conformance-fixture', version: '1.0.0' },
    {
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, logging: {}, completions: {} },
      requestState: { verify: codec.verify },
    },
  );
  addTools(server);
  addInputRequiredTools(server, codec);
  if (surface !== null) addAskingTools(server, surface);
  addResources(server);
  addPrompts(server);
  const { server: plain } = server;
  plain.setRequestHandler('logging/setLevel', async () => ({}));
  plain.setRequestHandler('completion/complete', async () => ({
    completion: { values: [], total: 0, hasMore: false },
  }));
  return server;
}

function addResources(server: McpServer): void {
  const resource = (name: string, contents: { mimeType: string } & ({ text: string } | { blob: string })) => {
    const uri = `test://${name}`;
    const details = { description: name, mimeType: contents.mimeType };
    server.registerResource(name, uri, details, async () => ({ contents: [{ uri, ...contents }] }));
  };
  resource('static-text', {
    mimeType: 'text/plain',
    text: 'This is the content of the static text resource.',
  });
  resource('static-binary', { mimeType: 'image/png', blob: PNG });
  resource('watched-resource', { mimeType: 'text/plain', text: 'Watched' });
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'template', mimeType: 'application/json' },
    async (uri, { id }) => {
      const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
      return { contents: [{ uri: uri.toString(), mimeType: 'application/json', text }] };
    },
  );
  server.server.setRequestHandler('resources/subscribe', async () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', async () => ({}));
}

function addPrompts(server: McpServer): void {
  const says = (text: string) => ({ role: 'user' as const, content: { type: 'text' as const, text } });
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, async () => ({
    messages: [says('This is a simple prompt for testing.')],
  }));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'With arguments', argsSchema: z.object({ arg1: z.string(), arg2: z.string() }) },
    async ({ arg1, arg2 }) => ({ messages: [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'With a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    async ({ resourceUri }) => {
      const resource = { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
      const content = { type: 'resource' as const, resource };
      return { messages: [{ role: 'user' as const, content }, says('Please process the embedded resource above.')] };
    },
  );
  server.registerPrompt('test_prompt_with_image', { description: 'With an image' }, async () => {
    const content = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
    return { messages: [{ role: 'user' as const, content }, says('Please analyze the image above.')] };
  });
}
