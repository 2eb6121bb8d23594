import type { Row } from './rows.ts';
import type { LazyTables } from './schema.ts';
import { LARGE, type ValueStore } from './values.ts';

/** The plan of a deep agent is kept among the files, so that it has versions as they have. No file has such a path. */
export const PLAN = '/plan';

/** A version of a file as its row keeps it. */
export interface FileRow {
  readonly seq: number;
  readonly path: string;
  readonly version: number;
  /** Characters. */
  readonly size: number;
  readonly deleted: boolean;
  /** Key of the step that wrote it. */
  readonly step: string;
  readonly at: number;
}

/** A write that an execution begins with, in the order in which it was made. */
export interface GivenFile {
  readonly path: string;
  /** null where it was deleted. */
  readonly content: string | null;
}

const COLUMNS = 'seq, path, version, size, deleted, step, at';

/** Every version of the files in one execution's workspace. */
export class FileStore {
  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
    private readonly values: ValueStore,
  ) {}

  /** The newest version of each path, deleted ones included. */
  newest(): FileRow[] {
    if (!this.tables.has('files')) return [];
    return this.sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM files AS file
          WHERE version = (SELECT max(version) FROM files WHERE path = file.path) ORDER BY path`,
      )
      .toArray()
      .map(fileRow);
  }

  /** In the order in which they were written. */
  versions(): FileRow[] {
    if (!this.tables.has('files')) return [];
    return this.sql.exec<Row>(`SELECT ${COLUMNS} FROM files ORDER BY seq`).toArray().map(fileRow);
  }

  /** One version of a path, the newest for null. */
  version(path: string, version: number | null): FileRow | null {
    if (!this.tables.has('files')) return null;
    const [row] = this.sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM files WHERE path = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY version DESC LIMIT 1`,
        path,
        version,
      )
      .toArray();
    return row === undefined ? null : fileRow(row);
  }

  /** Characters of all versions together. */
  written(): number {
    if (!this.tables.has('files')) return 0;
    return Number(this.sql.exec<Row>('SELECT coalesce(sum(size), 0) AS size FROM files').one().size);
  }

  insert({ path, version, step, at }: Omit<FileRow, 'seq' | 'size' | 'deleted'>, content: string | null): void {
    this.tables.ensure('files');
    const seq = Number(this.sql.exec<Row>('SELECT coalesce(max(seq), 0) + 1 AS seq FROM files').one().seq);
    this.sql.exec(
      `INSERT INTO files (${COLUMNS}, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      path,
      version,
      content?.length ?? 0,
      content === null ? 1 : 0,
      step,
      at,
      content === null ? null : this.values.inline(nameOf(seq), content),
    );
  }

  /** Content of a version while the execution runs. */
  content(seq: number): string {
    const column = this.column(seq);
    return column === null ? '' : this.values.here(nameOf(seq), column);
  }

  /** Contents that stand in their rows, by seq; names of the others, which may have moved. */
  contents(rows: readonly FileRow[]): { readonly texts: Map<number, string>; readonly large: Map<number, string> } {
    const texts = new Map<number, string>();
    const large = new Map<number, string>();
    for (const { seq } of rows) {
      const column = this.column(seq);
      if (column === LARGE) large.set(seq, nameOf(seq));
      else texts.set(seq, column ?? '');
    }
    return { texts, large };
  }

  /** What steps wrote in another execution, should this one take them over. */
  writeGiven(key: string, files: readonly GivenFile[]): void {
    this.tables.ensure('given_files');
    for (const [index, { path, content }] of files.entries()) {
      this.sql.exec(
        'INSERT INTO given_files (key, number, path, content) VALUES (?, ?, ?, ?)',
        key,
        index,
        path,
        content === null ? null : this.values.inline(givenName(key, index), content),
      );
    }
  }

  given(key: string): GivenFile[] {
    if (!this.tables.has('given_files')) return [];
    return this.sql
      .exec<Row>('SELECT number, path, content FROM given_files WHERE key = ? ORDER BY number', key)
      .toArray()
      .map((row) => ({
        path: String(row.path),
        content:
          typeof row.content === 'string' ? this.values.here(givenName(key, Number(row.number)), row.content) : null,
      }));
  }

  private column(seq: number): string | null {
    return this.sql.exec<Row>('SELECT content FROM files WHERE seq = ?', seq).one().content as string | null;
  }
}

function nameOf(seq: number): string {
  return `file:${seq}`;
}

function givenName(key: string, index: number): string {
  return `given_file:${key}:${index}`;
}

function fileRow(row: Row): FileRow {
  return {
    seq: Number(row.seq),
    path: String(row.path),
    version: Number(row.version),
    size: Number(row.size),
    deleted: row.deleted === 1,
    step: String(row.step),
    at: Number(row.at),
  };
}
