import type { ExecutionError, JsonValue, StreamFrame, Todo } from '@agentflow/contracts';
import type { RefinementJob } from './client.ts';

/**
 * - `expected`: the proposal's rows are being written
 * - `due`: a run begins, or is looked for, at `due_at`
 * - `running`: the runtime works, and its stream is followed
 * - `settling`: the run has ended, and D1 is not told yet
 * - `settled`: the proposal waits for a decision, or failed
 * - `clearing`: the proposal is decided or gone; what the runtime keeps is to be erased
 */
export type Phase = 'expected' | 'due' | 'running' | 'settling' | 'settled' | 'clearing';

/** Where the run is. Times in milliseconds. */
export interface RunState {
  readonly phase: Phase;
  readonly due_at: number;
  /** How often a run was begun. */
  readonly attempts: number;
  /** How often one failed for a reason that may pass. */
  readonly failures: number;
  /** The runtime's thread; null before the first, and after one that failed. */
  readonly run_id: string | null;
  /** The runtime's number of the last frame that was kept. */
  readonly run_seq: number;
  readonly error: ExecutionError | null;
  readonly summary: string;
  readonly cost_microusd: number;
  readonly ended_at: number | null;
  /** Data of the frame `end`, kept until the proposal is stored. */
  readonly end: Readonly<Record<string, JsonValue>> | null;
}

export const NONE: RunState = {
  phase: 'clearing',
  due_at: 0,
  attempts: 0,
  failures: 0,
  run_id: null,
  run_seq: 0,
  error: null,
  summary: '',
  cost_microusd: 0,
  ended_at: null,
  end: null,
};

const JOB = 'job';
const RUN = 'run';

type Row = Record<string, SqlStorageValue>;

/** A piece of text that is being streamed, with the numbered frames around it. */
export interface StreamedText {
  readonly node: string;
  readonly call: string;
  /** Number of the frame before its first piece, and before its last. */
  readonly first_seq: number;
  readonly last_seq: number;
  readonly text: string;
}

/** Rows of one thread. Tables are made with the job: a probe of an unknown thread leaves no storage. */
export class RefinementStore {
  constructor(private readonly storage: DurableObjectStorage) {}

  job(): RefinementJob | null {
    return this.storage.kv.get<RefinementJob>(JOB) ?? null;
  }

  /** Of a thread that is gone, one that nothing follows from. */
  run(): RunState {
    return this.storage.kv.get<RunState>(RUN) ?? NONE;
  }

  create(job: RefinementJob, run: RunState): void {
    this.storage.transactionSync(() => {
      this.storage.sql.exec(
        'CREATE TABLE IF NOT EXISTS frames (seq INTEGER PRIMARY KEY, event_type TEXT NOT NULL, data TEXT NOT NULL)',
      );
      this.storage.sql.exec(
        'CREATE TABLE IF NOT EXISTS texts (id TEXT PRIMARY KEY, node TEXT NOT NULL, call TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, text TEXT NOT NULL)',
      );
      this.storage.sql.exec(
        'CREATE TABLE IF NOT EXISTS workspace (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, files TEXT NOT NULL, todos TEXT NOT NULL)',
      );
      this.writeJob(job);
      this.writeRun(run);
    });
  }

  writeJob(job: RefinementJob): void {
    this.storage.kv.put(JOB, job);
  }

  /** Does nothing for a thread that is gone. */
  writeRun(run: RunState): void {
    if (this.storage.kv.get(JOB) !== undefined) this.storage.kv.put(RUN, run);
  }

  transaction<T>(write: () => T): T {
    return this.storage.transactionSync(write);
  }

  lastSeq(): number {
    const [row] = this.storage.sql.exec<Row>('SELECT max(seq) AS seq FROM frames').toArray();
    return Number(row?.seq ?? 0);
  }

  frameCount(): number {
    return Number(this.storage.sql.exec<Row>('SELECT count(*) AS frames FROM frames').one().frames);
  }

  append({ seq, event_type, data }: StreamFrame): void {
    this.storage.sql.exec(
      'INSERT INTO frames (seq, event_type, data) VALUES (?, ?, ?)',
      seq,
      event_type,
      JSON.stringify(data),
    );
  }

  /** Files are kept once, the newest, and with them the one update of the state that brought them. */
  replaceWorkspace(seq: number, files: Readonly<Record<string, string>>, todos: readonly Todo[]): void {
    this.dropUpdate();
    this.storage.sql.exec(
      'INSERT INTO workspace (id, seq, files, todos) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, files = excluded.files, todos = excluded.todos',
      seq,
      JSON.stringify(files),
      JSON.stringify(todos),
    );
  }

  /** A new run begins from what the first began from. */
  clearWorkspace(): void {
    this.dropUpdate();
    this.storage.sql.exec('DELETE FROM workspace');
  }

  private dropUpdate(): void {
    this.storage.sql.exec('DELETE FROM frames WHERE seq = (SELECT seq FROM workspace)');
  }

  workspace(): { seq: number; files: Record<string, string>; todos: Todo[] } | null {
    const [row] = this.storage.sql.exec<Row>('SELECT seq, files, todos FROM workspace').toArray();
    if (row === undefined) return null;
    return { seq: Number(row.seq), files: JSON.parse(String(row.files)), todos: JSON.parse(String(row.todos)) };
  }

  framesAfter(after: number, limit: number): StreamFrame[] {
    return this.storage.sql
      .exec<Row>('SELECT seq, event_type, data FROM frames WHERE seq > ? ORDER BY seq LIMIT ?', after, limit)
      .toArray()
      .map((row) => ({
        seq: Number(row.seq),
        event_type: String(row.event_type) as StreamFrame['event_type'],
        data: JSON.parse(String(row.data)),
      }));
  }

  text(id: string): string | null {
    const [row] = this.storage.sql.exec<Row>('SELECT text FROM texts WHERE id = ?', id).toArray();
    return row === undefined ? null : String(row.text);
  }

  writeText(id: string, { node, call, first_seq, last_seq, text }: StreamedText): void {
    this.storage.sql.exec(
      'INSERT INTO texts (id, node, call, first_seq, last_seq, text) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET last_seq = excluded.last_seq, text = excluded.text',
      id,
      node,
      call,
      first_seq,
      last_seq,
      text,
    );
  }

  /** Texts that had a piece after frame `after`, in the order in which they began. */
  textsAfter(after: number): StreamedText[] {
    return this.storage.sql
      .exec<Row>(
        'SELECT node, call, first_seq, last_seq, text FROM texts WHERE last_seq >= ? ORDER BY first_seq, rowid',
        after,
      )
      .toArray()
      .map((row) => ({
        node: String(row.node),
        call: String(row.call),
        first_seq: Number(row.first_seq),
        last_seq: Number(row.last_seq),
        text: String(row.text),
      }));
  }
}
