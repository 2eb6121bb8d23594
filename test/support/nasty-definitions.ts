import { type AgentDefinition, agentDefinition, type JsonValue, NODE_TYPES } from '@agentflow/contracts';
import { randomText, randomValue } from './nasty-values.ts';

type Pick = (below: number) => number;

const IDS = [
  'start',
  'ask',
  'ask',
  'Ask',
  'a b',
  'a-b',
  'a_b',
  'a_b-2',
  '__proto__',
  '..',
  '.',
  '漢字',
  '',
  'x/y',
  'ask.prompt',
  'constructor',
  '😀',
];
const TOOL_NAMES = ['find', 'find', 'Find', 'a-b', 'a b', '../up', '', 'constructor', '漢字'];
const FIELDS = [
  'prompt',
  'system',
  'message',
  'instructions',
  'tools',
  'model',
  'file',
  '$file',
  'constructor',
  'deep',
  'schema',
];

function one<T>(pick: Pick, values: readonly T[]): T {
  return values[pick(values.length)] as T;
}

/** What looks like a reference, or like one that was escaped. */
function lookalike(pick: Pick): JsonValue {
  const key = one(pick, ['file', '$file', '$$file', '$$$file', 'File']);
  return { [key]: one(pick, ['prompts/ask.prompt.md', 'tools/ask.find.json', '', 'x', 1, null] as JsonValue[]) };
}

function text(pick: Pick): string {
  switch (pick(6)) {
    case 0:
      return '';
    case 1:
      return 'line one\r\nline two\r\n';
    case 2:
      return `${'word '.repeat(pick(200))}\n\n  indented\n\ttabbed\n${'\n'.repeat(pick(3))}`;
    case 3:
      return '{file: prompts/ask.prompt.md}';
    default:
      return randomText(pick);
  }
}

function anything(pick: Pick): JsonValue {
  return one(pick, [lookalike, text, (own: Pick) => randomValue(own, 1), (own: Pick) => randomValue(own, 3)])(pick);
}

function tool(pick: Pick): JsonValue {
  switch (pick(5)) {
    case 0:
      return lookalike(pick);
    case 1:
      return anything(pick);
    case 2:
      return {
        kind: 'mcp',
        server_url: one(pick, ['https://a.example/mcp', 'a.example', '']),
        headers: anything(pick),
      };
    default:
      return {
        kind: one(pick, ['http', 'builtin', 'agent']),
        name: one(pick, TOOL_NAMES),
        description: text(pick),
        extra: anything(pick),
      };
  }
}

function config(pick: Pick): JsonValue {
  const fields = Array.from({ length: pick(5) }, (): [string, JsonValue] => {
    const field = pick(4) === 0 ? randomText(pick) : one(pick, FIELDS);
    if (field === 'tools' && pick(5) > 0) return [field, Array.from({ length: pick(5) }, () => tool(pick))];
    return [field, pick(2) === 0 ? text(pick) : anything(pick)];
  });
  return Object.fromEntries(fields);
}

function maybe(pick: Pick, key: string, make: () => unknown): Record<string, unknown> {
  return pick(3) === 0 ? { [key]: make() } : {};
}

function node(pick: Pick): unknown {
  const type =
    pick(4) === 0 ? randomText(pick) : one(pick, [...Object.keys(NODE_TYPES), 'ai.agent', 'ai.agent', 'ai.chat']);
  return {
    id: one(pick, IDS) || 'x',
    type: type.slice(0, 120) || 'x',
    config: config(pick),
    ...maybe(pick, 'name', () => text(pick).slice(0, 200)),
    ...maybe(pick, 'position', () => ({ x: pick(1000) - 500, y: pick(1000) / 3 })),
    ...maybe(pick, 'retry', () => ({ max_attempts: 1 + pick(9) })),
    ...maybe(pick, 'timeout_ms', () => 1 + pick(600_000)),
    ...maybe(pick, 'on_error', () => one(pick, ['fail', 'continue', 'branch'])),
    ...maybe(pick, 'output_mapping', () => text(pick) || 'x'),
  };
}

function notes(pick: Pick, make: () => unknown): Record<string, unknown> {
  const names = ['a', 'A', 'policy', 'constructor', 'toString', '0', '1', 'x_y-z'];
  return Object.fromEntries(Array.from({ length: pick(4) }, () => [one(pick, names), make()]));
}

function object(pick: Pick): JsonValue {
  return { [randomText(pick)]: anything(pick), file: anything(pick) };
}

/** A definition that the contract takes and nobody would write: the same for the same numbers. */
export function nastyDefinition(pick: Pick): AgentDefinition {
  return agentDefinition.parse({
    nodes: Array.from({ length: pick(7) }, () => node(pick)),
    edges: Array.from({ length: pick(5) }, (_, at) => ({
      id: randomText(pick).slice(0, 100) || `e${at}`,
      source: one(pick, IDS) || 'x',
      target: text(pick).slice(0, 120) || 'x',
      ...maybe(pick, 'source_handle', () => randomText(pick).slice(0, 120) || 'out'),
    })),
    ...maybe(pick, 'input_schema', () => object(pick)),
    ...maybe(pick, 'settings', () => ({
      ...maybe(pick, 'timeout_ms', () => 1000 + pick(9000)),
      ...maybe(pick, 'retry', () => ({ max_attempts: 2 })),
      ...maybe(pick, 'concurrency_policy', () => 'queue'),
    })),
    ...maybe(pick, 'knowledge', () => notes(pick, () => text(pick))),
    ...maybe(pick, 'tests', () => notes(pick, () => object(pick))),
  });
}
