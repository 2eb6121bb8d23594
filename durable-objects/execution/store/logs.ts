import type { ExecutionLog } from '@agentflow/contracts';
import type { Row } from './rows.ts';
import type { LazyTables } from './schema.ts';

const MAX_LINES = 2000;
const MAX_CHARACTERS = 2000;

/** Lines that handlers wrote. After the last that is kept one says that there were more. */
export class LogStore {
  /** null until counted. */
  private lines: number | null = null;

  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
  ) {}

  append(at: number, level: ExecutionLog['level'], nodeId: string | null, message: string): void {
    this.lines ??= this.count();
    if (this.lines > MAX_LINES) return;
    this.lines++;
    this.tables.ensure('logs');
    const text =
      this.lines > MAX_LINES
        ? `The log of an execution ends after ${MAX_LINES} lines; later lines are not kept.`
        : cut(message);
    this.sql.exec('INSERT INTO logs (at, level, node_id, message) VALUES (?, ?, ?, ?)', at, level, nodeId, text);
  }

  after(seq: number, limit: number): ExecutionLog[] {
    if (!this.tables.has('logs')) return [];
    return this.sql
      .exec<Row>('SELECT * FROM logs WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
      .toArray()
      .map((row) => ({
        seq: Number(row.seq),
        at: new Date(Number(row.at)).toISOString(),
        level: row.level as ExecutionLog['level'],
        node_id: row.node_id as string | null,
        message: String(row.message),
      }));
  }

  private count(): number {
    if (!this.tables.has('logs')) return 0;
    return Number(this.sql.exec<Row>('SELECT count(*) AS n FROM logs').one().n);
  }
}

function cut(message: string): string {
  if (message.length <= MAX_CHARACTERS) return message;
  return `${message.slice(0, MAX_CHARACTERS)}… (${message.length} characters)`;
}
