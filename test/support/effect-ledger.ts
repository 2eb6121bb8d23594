import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the ledger knows of one idempotency key. */
export interface Effect {
  readonly key: string;
  readonly label: string;
  /** Requests that came with the key. */
  requests: number;
  /** Whether the effect has been made: a second request with the key never makes another. */
  made: boolean;
}

type Moment = 'before' | 'after';

/**
 * A receiver that honours idempotency keys, and holds requests so that a test can end the caller's process at a boundary
 * it knows. `/effect/<name>/<mode>/<label>` answers `{"label"}`, in mode
 * - `plain`: at once;
 * - `before`: the first request of a key is held before the effect is made, and never answered;
 * - `after`: it is held with the effect made;
 * - `flaky`: it gets 503.
 */
export class EffectLedger {
  private readonly effects = new Map<string, Map<string, Effect>>();
  private readonly held = new Map<string, { label: string; moment: Moment; response: ServerResponse }[]>();

  private readonly onMoment: (moment: Moment, effect: Effect) => boolean;

  /** @param onMoment asked before and after each effect; true when the caller has been ended and wants no answer */
  constructor(onMoment: (moment: Moment, effect: Effect) => boolean = () => false) {
    this.onMoment = onMoment;
  }

  answer(path: string, request: IncomingMessage, response: ServerResponse): void {
    const [, , name = '', mode = '', label = ''] = path.split('/');
    const key = String(request.headers['idempotency-key'] ?? '');
    const known = this.effects.get(name) ?? new Map<string, Effect>();
    this.effects.set(name, known);
    const effect = known.get(key) ?? { key, label, requests: 0, made: false };
    known.set(key, effect);
    effect.requests++;
    const first = effect.requests === 1;
    if (first && mode === 'flaky') reply(response, 503, { error: 'try later' });
    else if (!this.stopsAt('before', first && mode === 'before', name, effect, response)) {
      effect.made = true;
      if (!this.stopsAt('after', first && mode === 'after', name, effect, response)) reply(response, 200, { label });
    }
  }

  effectsOf(name: string): Effect[] {
    return [...(this.effects.get(name)?.values() ?? [])];
  }

  /** What is held now, as `<moment> <label>`. */
  heldOf(name: string): string[] {
    return (this.held.get(name) ?? []).map(({ label, moment }) => `${moment} ${label}`);
  }

  /** Ends the held connections without an answer, as the end of their caller would. */
  drop(name: string): void {
    for (const { response } of this.held.get(name)?.splice(0) ?? []) response.destroy();
  }

  private stopsAt(moment: Moment, hold: boolean, name: string, effect: Effect, response: ServerResponse): boolean {
    if (this.onMoment(moment, effect)) {
      response.destroy();
      return true;
    }
    if (!hold) return false;
    const waiting = this.held.get(name) ?? [];
    this.held.set(name, [...waiting, { label: effect.label, moment, response }]);
    return true;
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  // Answers to the same request are the same.
  response.sendDate = false;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
