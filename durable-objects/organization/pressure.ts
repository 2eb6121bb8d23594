const MINUTE_MS = 60_000;
/** Calls a minute whose payloads are all kept; of those past it, one in ten. */
const KEPT_A_MINUTE = 600;
const KEPT_OF = 10;

/** Which calls keep their payloads when there are many. In memory: an eviction only keeps some more. */
export class Pressure {
  private minute = 0;
  private calls = 0;

  sample(now: number): boolean {
    const minute = Math.floor(now / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.calls = 0;
    }
    this.calls++;
    return this.calls <= KEPT_A_MINUTE || this.calls % KEPT_OF === 0;
  }
}
