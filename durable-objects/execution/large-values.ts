import type { RemoteValues } from './remote-values.ts';
import type { ValueStore } from './store/values.ts';

/** Values by name, wherever they are. */
export type ReadLarge = (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * Large values of one execution on their way out: R2 has a value before the transaction that says so, and what a crash in
 * between leaves there is written again, the same, or goes with the execution.
 */
export class LargeValues {
  private moving: Promise<void> | null = null;

  constructor(
    private readonly values: ValueStore,
    private readonly storage: DurableObjectStorage,
    private readonly remote: RemoteValues,
  ) {}

  readonly read: ReadLarge = async (names) => {
    const texts = new Map<string, string>();
    const away: string[] = [];
    for (const name of names) {
      const text = this.values.get(name);
      if (text === null) away.push(name);
      else texts.set(name, text);
    }
    if (away.length > 0) for (const [name, text] of await this.remote.texts(away)) texts.set(name, text);
    return texts;
  };

  /**
   * Moves these values, or all that may move, one after the other.
   * @param isOver whether the storage is gone, so that nothing must be left behind
   */
  async move(names: readonly string[] | null, isOver: () => boolean): Promise<void> {
    const before = this.moving ?? Promise.resolve();
    const moving = before.catch(() => undefined).then(() => this.moveEach(names, isOver));
    this.moving = moving;
    await moving;
  }

  deleteAll(): Promise<void> {
    return this.remote.deleteAll();
  }

  private async moveEach(names: readonly string[] | null, isOver: () => boolean): Promise<void> {
    if (isOver()) return;
    for (const name of this.values.movable(names)) {
      const text = this.values.get(name);
      if (text === null) continue;
      await this.remote.put(name, text);
      if (isOver()) {
        await this.remote.delete(name);
        return;
      }
      this.storage.transactionSync(() => this.values.moved(name, text.length));
    }
  }
}
