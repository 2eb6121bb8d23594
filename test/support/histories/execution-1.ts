import { agentEdges, agentNode } from '../agents.ts';

/** Of the first release: what it wrote of an execution that was under way, and of one that had ended with large values. */

/** Tables of schema version 1, with the two that it made when they were first needed. */
export const EXECUTION_1 = [
  `CREATE TABLE execution (
    id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL, facts TEXT NOT NULL, status TEXT NOT NULL,
    error TEXT, created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER, deadline_at INTEGER NOT NULL,
    revision INTEGER NOT NULL, projected_revision INTEGER NOT NULL, settled INTEGER NOT NULL,
    definition TEXT, input TEXT, output TEXT)`,
  `CREATE TABLE steps (
    ord INTEGER PRIMARY KEY, key TEXT NOT NULL, node_id TEXT NOT NULL, path TEXT NOT NULL, call TEXT NOT NULL,
    status TEXT NOT NULL, attempt INTEGER NOT NULL, failures INTEGER NOT NULL, handle TEXT, wake_at INTEGER,
    waiting_reason TEXT, input TEXT, output TEXT, error TEXT, blocked INTEGER NOT NULL DEFAULT 0, attempts TEXT NOT NULL,
    started_at INTEGER, finished_at INTEGER)`,
  'CREATE TABLE events (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL, node_id TEXT, path TEXT, data TEXT NOT NULL)',
  'CREATE TABLE large_values (name TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (name, part)) WITHOUT ROWID',
];

export const BEGAN_AT = 1_792_000_000_000;

/** A value that the first release kept in two chunks. */
export const LARGE_INPUT = { text: 'x'.repeat(700_000) };

export interface Owner {
  readonly organization_id: string;
  readonly user_id: string;
}

export interface Statement {
  readonly text: string;
  readonly values: (string | number | null)[];
}

export function insert(table: string, row: Record<string, string | number | null>): Statement {
  const columns = Object.keys(row);
  const text = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  return { text, values: Object.values(row) };
}

function facts(owner: Owner, id: string, agentId: string): string {
  return JSON.stringify({
    organization_id: owner.organization_id,
    execution_id: id,
    agent_id: agentId,
    agent_name: 'Two branches',
    version: null,
    mode: 'live',
    trigger: 'manual',
    triggered_by: { type: 'user', id: owner.user_id, name: 'Owner' },
    lease_id: 'lse_of_the_first_release',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    request_id: 'req_first_release',
    engine_version: '1',
  });
}

export function attempt(number: number, status: string, finished: boolean) {
  const at = new Date(BEGAN_AT).toISOString();
  return {
    attempt: number,
    status,
    error: null,
    model: null,
    input_tokens: 0,
    output_tokens: 0,
    cost_usd: 0,
    started_at: at,
    finished_at: finished ? at : null,
    duration_ms: finished ? 0 : null,
  };
}

function step(ord: number, key: string, result: { handle: string; output: string } | null): Statement {
  return insert('steps', {
    ord,
    key,
    node_id: key,
    path: '',
    call: '',
    status: result === null ? 'running' : 'completed',
    attempt: 1,
    failures: 0,
    handle: result?.handle ?? null,
    input: result === null ? null : '{}',
    output: result?.output ?? null,
    attempts: JSON.stringify([attempt(1, result === null ? 'running' : 'completed', result !== null)]),
    started_at: BEGAN_AT,
    finished_at: result === null ? null : BEGAN_AT,
  });
}

function event(seq: number, type: string, nodeId: string | null): Statement {
  return insert('events', { seq, type, at: BEGAN_AT, node_id: nodeId, path: null, data: '{}' });
}

/** `right` has ended, `left` was in flight at `url` when the process ended. */
export function underWay(owner: Owner, id: string, agentId: string, url: string): Statement[] {
  const definition = {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('left', 'action.http', { url, method: 'POST' }),
      agentNode('right', 'logic.transform', { expression: 'trigger.n + 1' }),
      agentNode('join', 'logic.merge'),
      agentNode('sum', 'logic.transform', { expression: '{"left": left.output.body.label, "right": right.output}' }),
    ],
    edges: agentEdges('start>left', 'start>right', 'left>join', 'right>join', 'join>sum'),
  };
  return [
    insert('execution', {
      id: 1,
      schema_version: 1,
      facts: facts(owner, id, agentId),
      status: 'running',
      created_at: BEGAN_AT,
      started_at: BEGAN_AT,
      // Long from now: its time must not be over when a test opens it.
      deadline_at: 4_000_000_000_000,
      revision: 1,
      projected_revision: 1,
      settled: 0,
      definition: JSON.stringify(definition),
      input: '{"n":1}',
    }),
    step(1, 'start', { handle: 'out', output: '{"n":1}' }),
    step(2, 'left', null),
    step(3, 'right', { handle: 'out', output: '2' }),
    event(1, 'execution.started', null),
    event(2, 'step.started', 'start'),
    event(3, 'step.completed', 'start'),
    event(4, 'step.started', 'left'),
    event(5, 'step.started', 'right'),
    event(6, 'step.completed', 'right'),
  ];
}

/** Ended, its large input and output in chunks beside their rows. */
export function endedWithLargeValues(owner: Owner, id: string, agentId: string): Statement[] {
  const definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };
  const text = JSON.stringify(LARGE_INPUT);
  const chunks = (name: string) =>
    [0, 1].map((part) =>
      insert('large_values', { name, part, text: text.slice(part * 524_288, (part + 1) * 524_288) }),
    );
  return [
    insert('execution', {
      id: 1,
      schema_version: 1,
      facts: facts(owner, id, agentId),
      status: 'completed',
      created_at: BEGAN_AT,
      started_at: BEGAN_AT,
      finished_at: BEGAN_AT + 5,
      deadline_at: BEGAN_AT + 3_600_000,
      revision: 2,
      projected_revision: 2,
      settled: 1,
      definition: JSON.stringify(definition),
      input: '→large_values',
      output: '→large_values',
    }),
    step(1, 'start', { handle: 'out', output: '→large_values' }),
    ...chunks('input'),
    ...chunks('output'),
    ...chunks('step:start'),
    event(1, 'execution.started', null),
    event(2, 'step.started', 'start'),
    event(3, 'step.completed', 'start'),
    event(4, 'execution.completed', null),
  ];
}
