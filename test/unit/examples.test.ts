import { readFileSync } from 'node:fs';
import { agentFile, NODE_TYPES } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readTickets } from '../../scripts/lib/triage.mjs';

function text(name: string): string {
  return readFileSync(`examples/${name}`, 'utf8');
}

describe('examples/triage-agent', () => {
  it('is an agent file, the same in JSON and YAML', () => {
    const json: unknown = JSON.parse(text('triage-agent.json'));
    expect(agentFile.parse(json)).toMatchObject({ format: 'agentflow/agent@1' });
    expect(parse(text('triage-agent.yaml'))).toEqual(json);
  });

  it('can be published', () => {
    expect(validateDefinition(agentFile.parse(JSON.parse(text('triage-agent.json'))).definition)).toEqual([]);
  });

  it('gives every category its exit, or leaves it to the default one on purpose', () => {
    const { nodes, edges } = agentFile.parse(JSON.parse(text('triage-agent.json'))).definition;
    const labels = NODE_TYPES['ai.classify'].config
      .parse(nodes.find(({ id }) => id === 'category')?.config)
      .labels.map((label) => (typeof label === 'string' ? label : label.name));
    const exits = edges.filter(({ source }) => source === 'team').map(({ source_handle }) => source_handle);
    expect(labels.filter((label) => !exits.includes(label))).toEqual(['general']);
    expect(exits).toContain('default');
  });
});

describe('examples/tickets.json', () => {
  const tickets = readTickets('examples/tickets.json');

  it('has at least 40 tickets, none twice', () => {
    expect(tickets.length).toBeGreaterThanOrEqual(40);
    expect(new Set(tickets.map(({ body }) => body)).size).toBe(tickets.length);
  });

  it('holds nothing but what a customer sends: no label that would give the answer away', () => {
    const raw: Record<string, unknown>[] = JSON.parse(text('tickets.json'));
    expect(new Set(raw.flatMap(Object.keys))).toEqual(new Set(['subject', 'from', 'body']));
  });
});
