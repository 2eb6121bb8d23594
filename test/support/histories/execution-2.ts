import { agentEdges, agentNode } from '../agents.ts';
import { attempt, BEGAN_AT, insert, type Owner, type Statement } from './execution-1.ts';

/** Of the second release, which wrote a row for each event: an execution that waits in the second round of a loop. */
export const EXECUTION_2 = [
  `CREATE TABLE execution (
    id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL, facts TEXT NOT NULL, status TEXT NOT NULL,
    waiting_reason TEXT, error TEXT, created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER,
    deadline_at INTEGER NOT NULL, remaining_ms INTEGER, revision INTEGER NOT NULL, projected_revision INTEGER NOT NULL, settled INTEGER NOT NULL,
    told INTEGER NOT NULL DEFAULT 0, parked INTEGER NOT NULL DEFAULT 0, expires_at INTEGER, definition TEXT, input TEXT,
    output TEXT)`,
  `CREATE TABLE steps (
    ord INTEGER PRIMARY KEY, key TEXT NOT NULL, node_id TEXT NOT NULL, path TEXT NOT NULL, call TEXT NOT NULL,
    status TEXT NOT NULL, attempt INTEGER NOT NULL, failures INTEGER NOT NULL, handle TEXT, wake_at INTEGER,
    waiting_reason TEXT, progress TEXT, items TEXT, input TEXT, output TEXT, error TEXT,
    blocked INTEGER NOT NULL DEFAULT 0, reused_from TEXT, attempts TEXT NOT NULL, started_at INTEGER, finished_at INTEGER)`,
  'CREATE TABLE events (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL, node_id TEXT, path TEXT, data TEXT NOT NULL)',
];

const NAPS = [0.01, 600];

interface Given {
  status: 'running' | 'waiting' | 'completed';
  path?: string;
  call?: string;
  output?: string;
  progress?: object;
  items?: readonly number[];
}

function step(ord: number, key: string, nodeId: string, given: Given): Statement {
  const done = given.status === 'completed';
  return insert('steps', {
    ord,
    key,
    node_id: nodeId,
    path: given.path ?? '',
    call: given.call ?? '',
    status: given.status,
    attempt: 1,
    failures: 0,
    handle: done && given.call === undefined ? 'out' : null,
    // Long over: it is due as soon as its object wakes.
    wake_at: given.status === 'waiting' ? BEGAN_AT + 600_000 : null,
    waiting_reason: given.status === 'waiting' ? 'delay' : null,
    progress: given.progress === undefined ? null : JSON.stringify(given.progress),
    items: given.items === undefined ? null : JSON.stringify(given.items),
    input: '{}',
    output: given.output ?? null,
    attempts: JSON.stringify(given.call === undefined ? [attempt(1, done ? 'completed' : 'running', done)] : []),
    started_at: BEGAN_AT,
    finished_at: done ? BEGAN_AT : null,
  });
}

function event(seq: number, type: string, nodeId: string | null, path: string | null, data: object = {}): Statement {
  return insert('events', { seq, type, at: BEGAN_AT + seq, node_id: nodeId, path, data: JSON.stringify(data) });
}

/** `log`: so many events were written for the time before, which would be those of other steps. */
export function waiting(owner: Owner, id: string, agentId: string, log: number): Statement[] {
  const definition = {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('l', 'logic.loop', { items: '{{trigger.naps}}' }),
      agentNode('nap', 'logic.delay', { seconds: '{{item}}' }),
      agentNode('sum', 'logic.transform', { expression: 'l.output.count' }),
    ],
    edges: agentEdges('start>l', 'l:each>nap', 'l:out>sum'),
  };
  const facts = {
    organization_id: owner.organization_id,
    execution_id: id,
    agent_id: agentId,
    agent_name: 'Naps',
    version: null,
    mode: 'live',
    trigger: 'manual',
    triggered_by: { type: 'user', id: owner.user_id, name: 'Owner' },
    project_id: null,
    lineage: null,
    lease_id: 'lea_of_the_second_release',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    request_id: 'req_second_release',
    engine_version: '1',
  };
  const wait = (until: string) => ({ kind: 'wait', due: { kind: 'complete', handle: 'out', output: { until } } });
  return [
    insert('execution', {
      id: 1,
      schema_version: 2,
      facts: JSON.stringify(facts),
      status: 'waiting',
      waiting_reason: 'delay',
      created_at: BEGAN_AT,
      started_at: BEGAN_AT,
      deadline_at: BEGAN_AT + 3_600_000,
      remaining_ms: 3_599_000,
      revision: 4,
      projected_revision: 4,
      settled: 0,
      told: 0,
      parked: 1,
      definition: JSON.stringify(definition),
      input: JSON.stringify({ naps: NAPS }),
    }),
    step(1, 'start', 'start', { status: 'completed', output: JSON.stringify({ naps: NAPS }) }),
    step(2, 'l', 'l', {
      status: 'running',
      items: NAPS,
      progress: { kind: 'loop', total: 2, concurrency: 1, on_item_error: 'stop', next: 1, done: 0, active: 1 },
    }),
    step(3, 'l@0#item', 'l', { status: 'completed', path: '0', call: 'item', output: '{"until":"first"}' }),
    step(4, 'nap@0', 'nap', {
      status: 'completed',
      path: '0',
      output: '{"until":"first"}',
      progress: wait('first'),
    }),
    step(5, 'l@1#item', 'l', { status: 'running', path: '1', call: 'item' }),
    step(6, 'nap@1', 'nap', { status: 'waiting', path: '1', progress: wait('second') }),
    event(1, 'execution.started', null, null, { agent_id: agentId, version: null, mode: 'live' }),
    ...Array.from({ length: log - 2 }, (_, index) => event(index + 2, 'step.started', 'nap', '0', { attempt: index })),
    event(log, 'execution.waiting', null, null, { reason: 'delay' }),
  ];
}
