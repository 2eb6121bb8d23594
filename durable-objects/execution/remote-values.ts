import { deletePage } from '../../workers/platform/r2.ts';

/** Values that are fetched side by side: an invocation may wait for six connections. */
const AT_ONCE = 6;
/** Texts of ended executions that are kept for whoever looks at one page after the other. */
const CACHED_CHARACTERS = 4 * 1024 * 1024;

/** Values of one execution in R2, under `<organization>/<execution>/<name>`. What is there is never changed. */
export class RemoteValues {
  private readonly prefix: string;
  /** The oldest first. */
  private readonly cache = new Map<string, string>();
  private cached = 0;

  constructor(
    private readonly bucket: R2Bucket,
    facts: { readonly organization_id: string; readonly execution_id: string },
  ) {
    this.prefix = `${facts.organization_id}/${facts.execution_id}/`;
  }

  async put(name: string, text: string): Promise<void> {
    await this.bucket.put(this.prefix + name, text, { httpMetadata: { contentType: 'application/json' } });
  }

  /** Texts by name. Throws when one is not there: the rows say that it is. */
  async texts(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const some = names.slice(from, from + AT_ONCE);
      const read = await Promise.all(some.map((name) => this.text(name)));
      some.forEach((name, index) => {
        texts.set(name, read[index] ?? '');
      });
    }
    return texts;
  }

  /** Everything of the execution, also what no row knows of. */
  async deleteAll(): Promise<void> {
    while (!(await deletePage(this.bucket, this.prefix)));
  }

  delete(name: string): Promise<void> {
    return this.bucket.delete(this.prefix + name);
  }

  private async text(name: string): Promise<string> {
    const known = this.cache.get(name);
    if (known !== undefined) return known;
    const object = await this.bucket.get(this.prefix + name);
    if (object === null) throw new Error(`the value ${this.prefix}${name} is not in R2`);
    const text = await object.text();
    this.keep(name, text);
    return text;
  }

  private keep(name: string, text: string): void {
    if (this.cache.has(name) || text.length > CACHED_CHARACTERS) return;
    this.cache.set(name, text);
    this.cached += text.length;
    for (const [oldest, { length }] of this.cache) {
      if (this.cached <= CACHED_CHARACTERS) return;
      this.cache.delete(oldest);
      this.cached -= length;
    }
  }
}
