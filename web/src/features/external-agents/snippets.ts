import type { ExternalConfig, ExternalPlatform, JsonValue } from '@agentflow/contracts';

/** What stands where the key belongs while it is not known: it is shown once. */
export const KEY_PLACEHOLDER = 'ea_YOUR_KEY';

export interface SnippetFacts {
  /** Where this installation answers, without a slash at its end. */
  readonly origin: string;
  /** The whole key, or KEY_PLACEHOLDER. */
  readonly key: string;
  readonly externalAgentId: string;
  /** An agent that it may call, for the examples. */
  readonly agent: { readonly name: string; readonly input: JsonValue };
  readonly config: ExternalConfig;
}

export interface Snippet {
  readonly id: string;
  readonly title: string;
  /** What to do, one after the other. */
  readonly steps: readonly string[];
  /** What has to be typed or pasted somewhere by itself. */
  readonly values: readonly { readonly label: string; readonly value: string }[];
  readonly code: { readonly label: string; readonly text: string } | null;
}

/** Text as one word of a POSIX shell. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A JSON value as a literal of Python, which has names of its own for three of them. */
export function pythonLiteral(value: JsonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, each]) => `${JSON.stringify(name)}: ${pythonLiteral(each)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

function claudeCode({ origin, key, config }: SnippetFacts): Snippet {
  const scope = config.claude_scope ?? 'local';
  // A project's file is shared with everybody who has the code: the key stays in the environment.
  const header = scope === 'project' ? `'Authorization: Bearer \${AGENTFLOW_KEY}'` : `"Authorization: Bearer ${key}"`;
  const add = `claude mcp add --transport http -s ${scope} agentflow ${origin}/mcp --header ${header}`;
  return {
    id: 'claude_code',
    title: 'Claude Code',
    steps:
      scope === 'project'
        ? [
            'Run this in the project. It is written to .mcp.json, which you share, without the key.',
            'Everybody who works on it sets AGENTFLOW_KEY; Claude Code puts it in.',
          ]
        : ['Run this once, then ask Claude Code to use a tool of agentflow. /mcp shows whether it is connected.'],
    values: [],
    code: { label: 'Shell', text: scope === 'project' ? `export AGENTFLOW_KEY=${key}\n${add}` : add },
  };
}

/**
 * The part of the API that an action needs. Actions can send no headers of their own, hence no `Prefer`: they call, then
 * read (developers.openai.com/api/docs/actions/production).
 */
export function actionDocument({
  origin,
  externalAgentId,
}: Pick<SnippetFacts, 'origin' | 'externalAgentId'>): JsonValue {
  const answer = (description: string) => ({
    description,
    content: { 'application/json': { schema: { type: 'object', properties: {} } } },
  });
  return {
    openapi: '3.1.0',
    info: { title: 'AgentFlow', version: '1', description: 'Calls agents and reads what became of it.' },
    servers: [{ url: `${origin}/api/v1` }],
    paths: {
      [`/external-agents/${externalAgentId}/invoke`]: {
        post: {
          operationId: 'callAgent',
          summary: 'Call an agent. Its execution is answered at once: read it until its status is completed',
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['agent', 'input'],
                  properties: {
                    agent: { type: 'string', description: 'The name of the agent' },
                    input: { type: 'object', properties: {}, additionalProperties: true },
                  },
                },
              },
            },
          },
          responses: { '202': answer('The execution that it started') },
        },
      },
      '/executions/{id}': {
        get: {
          operationId: 'readExecution',
          summary: 'Read the execution of a call by execution.id: its status and its output',
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          responses: { '200': answer('The execution') },
        },
      },
    },
    components: { schemas: {}, securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    security: [{ key: [] }],
  };
}

function chatgptAction(facts: SnippetFacts): Snippet {
  return {
    id: 'chatgpt_action',
    title: 'ChatGPT action',
    steps: [
      'In the editor of your GPT: Configure, then Create new action.',
      'Authentication: API key, type Bearer, and paste the key.',
      'Schema: paste the document below. The whole API is described at the address.',
    ],
    values: [
      { label: 'API key', value: facts.key },
      { label: 'OpenAPI document', value: `${facts.origin}/api/v1/openapi.json` },
    ],
    code: { label: 'Schema', text: JSON.stringify(actionDocument(facts), null, 2) },
  };
}

function chatgptConnector({ origin }: SnippetFacts): Snippet {
  return {
    id: 'chatgpt_connector',
    title: 'ChatGPT connector',
    steps: [
      'In the settings of ChatGPT: Connectors, then Create. Developer mode has to be on.',
      'Paste the address of the MCP server and choose OAuth.',
      'ChatGPT sends you here to allow it: choose this external agent on the page that opens.',
    ],
    values: [
      { label: 'MCP server', value: `${origin}/mcp` },
      { label: 'Authentication', value: 'OAuth' },
    ],
    code: null,
  };
}

function gemini({ origin, key }: SnippetFacts): Snippet {
  const settings = {
    mcpServers: { agentflow: { httpUrl: `${origin}/mcp`, headers: { Authorization: `Bearer ${key}` } } },
  };
  return {
    id: 'gemini',
    title: 'Gemini',
    steps: ['Put this into ~/.gemini/settings.json. /mcp in Gemini shows whether it is connected.'],
    values: [],
    code: { label: 'settings.json', text: JSON.stringify(settings, null, 2) },
  };
}

function question(input: JsonValue): string {
  return typeof input === 'string' ? input : JSON.stringify(input);
}

function openaiPython({ origin, key, agent }: SnippetFacts): Snippet {
  return {
    id: 'openai_python',
    title: 'openai for Python',
    steps: ['pip install openai. The model is the name of an agent.'],
    values: [],
    code: {
      label: 'Python',
      text: [
        'from openai import OpenAI',
        '',
        `client = OpenAI(base_url=${JSON.stringify(`${origin}/v1`)}, api_key=${JSON.stringify(key)})`,
        'answer = client.chat.completions.create(',
        `    model=${JSON.stringify(agent.name)},`,
        `    messages=[{"role": "user", "content": ${JSON.stringify(question(agent.input))}}],`,
        ')',
        'print(answer.choices[0].message.content)',
      ].join('\n'),
    },
  };
}

function openaiNode({ origin, key, agent }: SnippetFacts): Snippet {
  return {
    id: 'openai_node',
    title: 'openai for Node.js',
    steps: ['npm install openai. The model is the name of an agent.'],
    values: [],
    code: {
      label: 'TypeScript',
      text: [
        "import OpenAI from 'openai';",
        '',
        `const client = new OpenAI({ baseURL: ${JSON.stringify(`${origin}/v1`)}, apiKey: ${JSON.stringify(key)} });`,
        'const answer = await client.chat.completions.create({',
        `  model: ${JSON.stringify(agent.name)},`,
        `  messages: [{ role: 'user', content: ${JSON.stringify(question(agent.input))} }],`,
        '});',
        'console.log(answer.choices[0].message.content);',
      ].join('\n'),
    },
  };
}

function curl({ origin, key, externalAgentId, agent }: SnippetFacts): Snippet {
  return {
    id: 'curl',
    title: 'curl',
    steps: ['Waits up to 30 seconds for the answer; without Prefer the call goes on by itself and answers at once.'],
    values: [],
    code: {
      label: 'Shell',
      text: [
        `curl ${origin}/api/v1/external-agents/${externalAgentId}/invoke \\`,
        `  -H "Authorization: Bearer ${key}" \\`,
        '  -H "Content-Type: application/json" \\',
        '  -H "Prefer: wait=30" \\',
        `  -d ${shellQuote(JSON.stringify({ agent: agent.name, input: agent.input }))}`,
      ].join('\n'),
    },
  };
}

function httpPython({ origin, key, externalAgentId, agent }: SnippetFacts): Snippet {
  return {
    id: 'http_python',
    title: 'Python',
    steps: ['pip install requests.'],
    values: [],
    code: {
      label: 'Python',
      text: [
        'import requests',
        '',
        'answer = requests.post(',
        `    ${JSON.stringify(`${origin}/api/v1/external-agents/${externalAgentId}/invoke`)},`,
        `    headers={"Authorization": ${JSON.stringify(`Bearer ${key}`)}, "Prefer": "wait=30"},`,
        `    json={"agent": ${JSON.stringify(agent.name)}, "input": ${pythonLiteral(agent.input)}},`,
        ')',
        'print(answer.json())',
      ].join('\n'),
    },
  };
}

/** How an outside agent connects: the ways of its platform first, and curl, which works for all. */
export function snippetsFor(platform: ExternalPlatform, facts: SnippetFacts): Snippet[] {
  switch (platform) {
    case 'claude_code':
      return [claudeCode(facts), curl(facts)];
    case 'chatgpt':
      return facts.config.chatgpt_mode === 'connector'
        ? [chatgptConnector(facts), chatgptAction(facts), curl(facts)]
        : [chatgptAction(facts), chatgptConnector(facts), curl(facts)];
    case 'gemini':
      return [gemini(facts), curl(facts)];
    case 'openai_sdk':
      return [openaiPython(facts), openaiNode(facts), curl(facts)];
    case 'custom':
      return [curl(facts), httpPython(facts), openaiPython(facts), openaiNode(facts), claudeCode(facts), gemini(facts)];
  }
}
