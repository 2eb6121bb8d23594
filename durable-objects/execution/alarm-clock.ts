/** The object's one alarm. Only ever moved forward: what is due later is armed when the earlier one has rung. */
export class AlarmClock {
  private armedAt: number | null = null;
  private stopped = false;

  constructor(private readonly ctx: DurableObjectState) {}

  armAt(at: number): void {
    if (this.stopped || (this.armedAt !== null && this.armedAt <= at)) return;
    this.armedAt = at;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
  }

  /** Nothing is left to do. */
  disarm(): void {
    if (this.armedAt === null) return;
    this.armedAt = null;
    this.ctx.waitUntil(this.ctx.storage.deleteAlarm());
  }

  /** It rang, or it was lost: what this instance believed of it does not hold. */
  forget(): void {
    this.armedAt = null;
  }

  /** The object is erased: what is still under way in this instance must not set it again. */
  stop(): void {
    this.stopped = true;
  }

  resume(): void {
    this.stopped = false;
  }
}
