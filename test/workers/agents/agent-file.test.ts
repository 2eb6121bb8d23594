import { writeYaml } from '@agentflow/agent-files';
import { AGENT_FILE_FORMAT, type AgentDefinition, type JsonValue, LIMITS } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { contentDisposition, readAgentFile, writeAgentFile } from '../../../workers/domains/agents/agent-file.ts';
import { ApiError } from '../../../workers/platform/errors.ts';
import { random, randomText, randomValue, TRICKY } from '../../support/nasty-values.ts';

function refusalOf(act: () => unknown): ApiError {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('agent files', () => {
  function definitionOf(config: Record<string, JsonValue>): AgentDefinition {
    return {
      nodes: [
        { id: 'start', type: 'trigger.manual', config: {} },
        { id: 'ask', type: 'ai.chat', name: 'Ask: "now"', config, position: { x: -1.5, y: 2e3 }, on_error: 'branch' },
      ],
      edges: [{ id: 'e1', source: 'start', target: 'ask' }],
      input_schema: { type: 'object', properties: { no: { const: '1e3' } } },
      settings: { timeout_ms: 60_000, retry: { max_attempts: 2, initial_ms: 0, factor: 1.5, max_ms: 10 } },
    };
  }

  it.each(['json', 'yaml'] as const)('export, import, export gives the same %s', (format) => {
    for (let seed = 0; seed < 150; seed++) {
      const pick = random(seed);
      const config = { prompt: randomText(pick), nested: randomValue(pick, 0) };
      const agent = { name: `${TRICKY[pick(16)]} agent`, description: randomText(pick) };
      const text = writeAgentFile(agent, definitionOf(config), format);
      const file = readAgentFile(text, format);
      expect(writeAgentFile(file, file.definition, format), `seed ${seed}`).toBe(text);
      expect(writeAgentFile(file, file.definition, 'json')).toBe(writeAgentFile(agent, definitionOf(config), 'json'));
    }
  });

  it('refuses unknown fields, a wrong format and a definition over its size', () => {
    const base = { format: AGENT_FILE_FORMAT, name: 'x', definition: { nodes: [], edges: [] } };
    expect(refusalOf(() => readAgentFile(JSON.stringify({ ...base, extra: 1 }), 'json')).code).toBe(
      'validation_failed',
    );
    const wrong = refusalOf(() => readAgentFile(JSON.stringify({ ...base, format: 'agentflow/agent@9' }), 'json'));
    expect(wrong.errors?.[0]?.path).toBe('format');
    expect(refusalOf(() => readAgentFile('{', 'json')).code).toBe('malformed_json');
    expect(readAgentFile(JSON.stringify(base), 'json').description).toBe('');

    const large = 'x'.repeat(LIMITS.definition_bytes);
    const definition = { nodes: [{ id: 'a', type: 'ai.chat', config: { prompt: large } }], edges: [] };
    const refused = refusalOf(() => readAgentFile(writeYaml({ ...base, definition }), 'yaml'));
    expect(refused.code).toBe('payload_too_large');
  });

  it('names the file after the agent, in characters that every header and file system takes', () => {
    const name = (agent: string, version: number | null) =>
      contentDisposition({ id: 'agt_1', name: agent }, version, 'yaml');
    expect(name('Support: Triage (été)', 3)).toBe('attachment; filename="support-triage-ete.v3.yaml"');
    expect(name('"\r\nX-Evil: 1', null)).toBe('attachment; filename="x-evil-1.draft.yaml"');
    expect(name('漢字', null)).toBe('attachment; filename="agt_1.draft.yaml"');
  });

  it('tells where a file can’t be read', () => {
    const broken = refusalOf(() => readAgentFile('format: x\na: [1\nb: 2', 'yaml'));
    expect(broken.code).toBe('malformed_request');
    expect(broken.message).toContain('line 3, column 1');
    expect(refusalOf(() => readAgentFile('', 'yaml')).code).toBe('malformed_request');
    const alias = refusalOf(() => readAgentFile('a: &x [1]\nb: *x', 'yaml'));
    expect(alias.code).toBe('validation_failed');
    expect(alias.errors?.[0]).toEqual({ path: 'b', message: 'is an alias; write the value out (line 2, column 4)' });
  });
});
