import { AGENT_FILE_FORMAT, type AgentDefinition, type JsonValue, LIMITS } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { contentDisposition, readAgentFile, writeAgentFile } from '../../../workers/domains/agents/agent-file.ts';
import { parseYaml, writeYaml } from '../../../workers/domains/agents/yaml-text.ts';
import { ApiError } from '../../../workers/platform/errors.ts';

/** Pieces that YAML reads as something other than the same text, or that only survive in some styles. */
const TRICKY = [
  ...[
    'no',
    'y',
    'Off',
    'null',
    '~',
    'true',
    '1e3',
    '1e+3',
    '007',
    '0x1F',
    '0o7',
    '0b11',
    '1_000',
    '.5',
    '.inf',
    '12:30:00',
  ],
  ...[
    '2020-01-01',
    '=',
    '<<',
    '---',
    '...',
    '%YAML',
    '!tag',
    '&a',
    '*a',
    '- a',
    'a: b',
    ': ',
    '#',
    ' #',
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    ',',
    '|',
    '>',
    '@',
    '`',
    '?',
    '-',
    '"',
    "'",
    '\\',
    '\n',
    '\n\n',
    '\r',
    '\r\n',
    '\t',
    ' ',
    '  x',
    '',
    '\0',
    '\u001b',
  ],
  ...[
    '\u007f',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\ud800',
    '😀',
    'é',
    '漢字',
    '{{trigger.body}}',
    'constructor',
    'toString',
  ],
];
const NUMBERS = [0, 1, -1, 1.5, 0.1, 1e21, -1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, 123456789012];

/** A repeatable generator (mulberry32), so that a failure can be run again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function randomText(pick: (below: number) => number): string {
  return Array.from({ length: pick(6) }, () => TRICKY[pick(TRICKY.length)]).join('');
}

function randomValue(pick: (below: number) => number, depth: number): JsonValue {
  switch (pick(depth > 4 ? 4 : 6)) {
    case 0:
    case 1:
      return randomText(pick);
    case 2:
      return NUMBERS[pick(NUMBERS.length)] ?? 0;
    case 3:
      return [true, false, null][pick(3)] ?? null;
    case 4:
      return Array.from({ length: pick(4) }, () => randomValue(pick, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: pick(5) }, () => [randomText(pick), randomValue(pick, depth + 1)]),
      );
  }
}

function refusalOf(act: () => unknown): ApiError {
  try {
    act();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('YAML round trip', () => {
  it('reads back what it wrote, for any JSON value', () => {
    for (let seed = 0; seed < 1500; seed++) {
      const value = { value: randomValue(random(seed), 0) };
      const text = writeYaml(value);
      expect(JSON.stringify(parseYaml(text)), `seed ${seed}: ${JSON.stringify(text)}`).toBe(JSON.stringify(value));
    }
  });

  it('reads back each tricky text alone, as a value and as a key', () => {
    for (const text of TRICKY) {
      const value = { value: text, list: [text], [text]: 1 };
      expect(parseYaml(writeYaml(value)), JSON.stringify(text)).toEqual(value);
    }
  });

  it('writes texts of several lines as blocks and quotes what YAML 1.1 readers would misread', () => {
    const text = writeYaml({
      prompt: 'Dear model,\nanswer briefly.\n',
      answer: 'no',
      zip: '01234',
      day: '2020-01-01',
      op: '=',
    });
    expect(text).toContain('prompt: |\n  Dear model,\n  answer briefly.\n');
    for (const line of ['answer: "no"', 'zip: "01234"', 'day: "2020-01-01"', 'op: "="']) expect(text).toContain(line);
  });
});

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
});

describe('hostile YAML', () => {
  it.each([
    ['an alias', 'a: &x [1]\nb: *x', 'alias'],
    ['aliases of aliases', 'a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]', 'alias'],
    ['a language tag', 'a: !!js/function "return 1"', 'tag'],
    ['a local tag', 'a: !include /etc/passwd', 'tag'],
    ['a verbatim tag', 'a: !<tag:yaml.org,2002:python/object> x', 'tag'],
    ['a remapped tag handle', '%TAG ! tag:evil,2000:\n---\n!x a', 'tag'],
    ['binary', 'a: !!binary aGk=', 'tag'],
    ['a duplicate key', 'a: 1\n"a": 2', 'twice'],
    ['a __proto__ key', '__proto__: {polluted: true}', '__proto__'],
    ['an escaped __proto__ key', '{"\\u005f_proto__": {polluted: true}}', '__proto__'],
    ['a collection as key', '{a: 1}: 2', 'key'],
    ['a value without a key', '? \n: 1', 'key'],
    ['infinity', 'a: .inf', 'JSON'],
    ['not a number', 'a: .nan', 'JSON'],
    ['two documents', 'a: 1\n---\nb: 2', 'several documents'],
  ])('refuses %s', (_name, text, word) => {
    const refused = refusalOf(() => parseYaml(text));
    expect(refused.code).toBe('validation_failed');
    expect(refused.errors?.[0]?.message).toContain(word);
  });

  it.each([
    ['an open bracket', 'a: [1\nb: 2'],
    ['tabs as indentation', 'a:\n\t- b'],
    ['nothing', ''],
    ['only comments', '# hello\n'],
    ['stray commas', `[${','.repeat(100_000)}`],
    ['anchors upon anchors', '&a '.repeat(100_000)],
  ])('answers %s as malformed, with one error', (_name, text) => {
    expect(refusalOf(() => parseYaml(text)).code).toBe('malformed_request');
  });

  it.each([
    ['flow lists', '['.repeat(300_000)],
    ['flow maps', '{a: '.repeat(100_000)],
    ['compact lists', '- '.repeat(100_000)],
    ['explicit keys', '? '.repeat(100_000)],
    ['indented maps', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('refuses endless nesting of %s before it is composed', (_name, text) => {
    expect(refusalOf(() => parseYaml(text)).errors?.[0]?.message).toContain('nested deeper');
  });

  it('takes exactly the nesting that JSON bodies may have', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(JSON.stringify(parseYaml(nested(LIMITS.json_depth)))).toBe(nested(LIMITS.json_depth));
    expect(refusalOf(() => parseYaml(nested(LIMITS.json_depth + 1))).code).toBe('validation_failed');
    const block = (levels: number) => Array.from({ length: levels }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    expect(() => parseYaml(block(LIMITS.json_depth))).not.toThrow();
    expect(refusalOf(() => parseYaml(block(LIMITS.json_depth + 1))).code).toBe('validation_failed');
  });

  it('reads a map of many keys in linear time', () => {
    const keys = (count: number) => Array.from({ length: count }, (_, at) => `k${at}: 1`).join('\n');
    // Quadratic comparison of 40,000 keys is 800 million steps; the test's own time limit is what fails then.
    expect(Object.keys(parseYaml(keys(40_000)) as object)).toHaveLength(40_000);
  });

  it('keeps YAML 1.1 out: no merge keys, no octals, no booleans by other names', () => {
    expect(parseYaml('%YAML 1.1\n---\na: no\n<<: {b: 1}\nc: 2020-01-01')).toEqual({
      a: 'no',
      '<<': { b: 1 },
      c: '2020-01-01',
    });
    expect(parseYaml('200: ok\nno: x\nnull: y')).toEqual({ '200': 'ok', no: 'x', null: 'y' });
  });
});
