import { type CallToolResult, fromJsonSchema, type McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { SessionSurface } from '../../../workers/doors/mcp/session-exchange.ts';
import { askClient } from './ask-client.ts';

export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

export const text = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] });
const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const;
const embedded = (uri: string, mimeType: string, words: string) =>
  ({ type: 'resource', resource: { uri, mimeType, text: words } }) as const;

const CONTENTS: Readonly<Record<string, CallToolResult>> = {
  test_simple_text: text('This is a simple text response for testing.'),
  test_image_content: { content: [image] },
  test_audio_content: { content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] },
  test_embedded_resource: {
    content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  },
  test_multiple_content_types: {
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  },
  test_streaming_elicitation: text('Only a result.'),
};

const none = z.object({});

/** Tools that answer by themselves, and those that report while they work. */
export function addTools(server: McpServer): void {
  for (const [name, result] of Object.entries(CONTENTS)) {
    server.registerTool(name, { description: name, inputSchema: none }, async () => result);
  }
  server.registerTool('test_error_handling', { description: 'Fails' }, async () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool('test_tool_with_logging', { description: 'Logs', inputSchema: none }, async (_args, ctx) => {
    for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await ctx.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
    }
    return text('Tool with logging executed successfully');
  });
  server.registerTool('test_logging_tool', { description: 'Logs by level', inputSchema: none }, async (_args, ctx) => {
    await ctx.mcpReq.log('info', 'test_logging_tool ran');
    return text('logged');
  });
  server.registerTool('test_tool_with_progress', { description: 'Reports', inputSchema: none }, async (_args, ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [0, 50, 100]) {
      const params = { progressToken: progressToken as string, progress, total: 100 };
      await ctx.mcpReq.notify({ method: 'notifications/progress', params });
    }
    return text(String(progressToken ?? 'no-progress-token'));
  });
  server.registerTool(
    'test_x_mcp_header',
    {
      description: 'Mirrors an argument in a header',
      inputSchema: fromJsonSchema<{ region?: string }>({
        type: 'object',
        properties: { region: { type: 'string', ...{ 'x-mcp-header': 'Region' } }, level: { type: 'integer' } },
      }),
    },
    async ({ region }) => text(`region=${region ?? '<none>'}`),
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a schema of the 2020-12 vocabulary', inputSchema: fromJsonSchema(SCHEMA_2020_12) },
    async (args) => text(JSON.stringify(args)),
  );
}

const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const;

/** Tools that ask the client of a session something while they work. */
export function addAskingTools(server: McpServer, surface: SessionSurface): void {
  const elicit = async (ctx: ServerContext, message: string, properties: object, required: string[] = []) => {
    const requestedSchema = { type: 'object', properties, required };
    const answer = await askClient(surface, ctx, 'elicitation/create', { message, requestedSchema });
    const { action, content = {} } = answer as { action: string; content?: object };
    return `action=${action}, content=${JSON.stringify(content)}`;
  };
  server.registerTool(
    'test_sampling',
    { description: 'Asks the model of the client', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, ctx) => {
      const messages = [{ role: 'user', content: { type: 'text', text: prompt } }];
      const answer = await askClient(surface, ctx, 'sampling/createMessage', { messages, maxTokens: 100 });
      return text(`LLM response: ${(answer as { content: { text?: string } }).content.text}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the person at the client', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, ctx) => {
      const answer = await elicit(ctx, message, { response: { type: 'string' } }, ['response']);
      return text(`User response: ${answer}`);
    },
  );
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'Defaults' }, async (ctx) =>
    text(`Elicitation completed: ${await elicit(ctx as ServerContext, 'Look over the defaults', DEFAULTS)}`),
  );
  server.registerTool('test_elicitation_sep1330_enums', { description: 'Choices' }, async (ctx) =>
    text(`Elicitation completed: ${await elicit(ctx as ServerContext, 'Choose', CHOICES)}`),
  );
}

const DEFAULTS = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};
const titled = (...titles: string[]) => titles.map((title, index) => ({ const: `value${index + 1}`, title }));
const CHOICES = {
  untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
  legacyEnum: {
    type: 'string',
    enum: ['opt1', 'opt2', 'opt3'],
    enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: {
    type: 'array',
    minItems: 1,
    maxItems: 3,
    items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  },
  titledMulti: {
    type: 'array',
    minItems: 1,
    maxItems: 3,
    items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') },
  },
};
