import { execFileSync } from 'node:child_process';
import { EXTERNAL_PLATFORMS, type JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  actionDocument,
  KEY_PLACEHOLDER,
  pythonLiteral,
  type SnippetFacts,
  shellQuote,
  snippetsFor,
} from '../../../../web/src/features/external-agents/snippets.ts';

const FACTS: SnippetFacts = {
  origin: 'https://flow.example.com',
  key: 'ea_body_secret',
  externalAgentId: 'ext_1',
  agent: { name: 'Ticket triage', input: { subject: "It's broken", urgent: true, order: null } },
  config: {},
};

function textOf(platform: (typeof EXTERNAL_PLATFORMS)[number], facts: Partial<SnippetFacts> = {}): string {
  const [first] = snippetsFor(platform, { ...FACTS, ...facts });
  return [...(first?.values.map(({ value }) => value) ?? []), first?.code?.text].join('\n');
}

/** The words that a shell makes of a command. */
function words(command: string): string[] {
  const script = `set -- ${command.replace(/^\S+/, '')}\nprintf '%s\\0' "$@"`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('snippetsFor', () => {
  it('has the key and the address filled in, for each platform', () => {
    for (const platform of EXTERNAL_PLATFORMS) {
      const all = snippetsFor(platform, FACTS);
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      expect(all.some(({ id }) => id === 'curl')).toBe(true);
      for (const { code, values } of all) {
        const text = [code?.text, ...values.map(({ value }) => value)].join('\n');
        expect(text).toContain('https://flow.example.com');
        expect(text).not.toContain(KEY_PLACEHOLDER);
      }
    }
  });

  it('adds the MCP server to Claude Code in the chosen scope', () => {
    expect(textOf('claude_code', { config: { claude_scope: 'user' } }).trim()).toBe(
      'claude mcp add --transport http -s user agentflow https://flow.example.com/mcp --header "Authorization: Bearer ea_body_secret"',
    );
    expect(textOf('claude_code')).toContain('-s local');
  });

  it('keeps the key out of a file that a project shares', () => {
    const [exported, add] = textOf('claude_code', { config: { claude_scope: 'project' } })
      .trim()
      .split('\n');
    expect(exported).toBe('export AGENTFLOW_KEY=ea_body_secret');
    expect(words(add ?? '')).toContain(`Authorization: Bearer \${AGENTFLOW_KEY}`);
  });

  it('writes the settings of Gemini as JSON', () => {
    expect(JSON.parse(textOf('gemini'))).toEqual({
      mcpServers: {
        agentflow: { httpUrl: 'https://flow.example.com/mcp', headers: { Authorization: 'Bearer ea_body_secret' } },
      },
    });
  });

  it('begins with the way of ChatGPT that was chosen', () => {
    const ids = (mode: 'action' | 'connector') =>
      snippetsFor('chatgpt', { ...FACTS, config: { chatgpt_mode: mode } }).map(({ id }) => id);
    expect(ids('action')[0]).toBe('chatgpt_action');
    expect(ids('connector')[0]).toBe('chatgpt_connector');
    const [connector] = snippetsFor('chatgpt', { ...FACTS, config: { chatgpt_mode: 'connector' } });
    // It signs in by OAuth: the key does not belong there.
    expect(JSON.stringify(connector)).not.toContain('ea_body_secret');
  });

  it('gives curl a body that survives the shell', () => {
    const command = textOf('custom').trim();
    const sent = words(command.replaceAll('\\\n', ' '));
    expect(sent[0]).toBe('https://flow.example.com/api/v1/external-agents/ext_1/invoke');
    expect(JSON.parse(sent.at(-1) ?? '')).toEqual({ agent: 'Ticket triage', input: FACTS.agent.input });
  });

  it('points the official client at the door, with the name of an agent as the model', () => {
    const python = textOf('openai_sdk');
    expect(python).toContain('base_url="https://flow.example.com/v1", api_key="ea_body_secret"');
    expect(python).toContain('model="Ticket triage"');
    const node = snippetsFor('openai_sdk', FACTS)[1]?.code?.text;
    expect(node).toContain('baseURL: "https://flow.example.com/v1"');
  });
});

describe('actionDocument', () => {
  it('has two operations, no header and nobody else’s path', () => {
    const document = actionDocument({ origin: 'https://flow.example.com', externalAgentId: 'ext_1' });
    const { paths, servers } = document as { paths: Record<string, JsonValue>; servers: { url: string }[] };
    expect(servers).toEqual([{ url: 'https://flow.example.com/api/v1' }]);
    expect(Object.keys(paths)).toEqual(['/external-agents/ext_1/invoke', '/executions/{id}']);
    expect(JSON.stringify(document)).not.toContain('"in":"header"');
    expect(document).toMatchObject({ security: [{ key: [] }] });
  });
});

describe('shellQuote and pythonLiteral', () => {
  it('keep what is in them', () => {
    expect(words(`x ${shellQuote('a\'b $HOME `id` \\ "c"')}`)).toEqual(['a\'b $HOME `id` \\ "c"']);
    expect(pythonLiteral({ a: [true, false, null, 1.5, "it's"], b: {} })).toBe(
      '{"a": [True, False, None, 1.5, "it\'s"], "b": {}}',
    );
  });
});
