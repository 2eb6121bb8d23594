import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { Circuits } from '../../../durable-objects/circuit/client.ts';
import type { ModelsConfig } from '../../../workers/models/index.ts';
import { COOL_DOWN_MS, PATIENCE_MS } from '../../../workers/platform/circuit.ts';
import type {} from '../../support/provided-context.ts';
import { type Clock, clock, guardedModels, isolate } from './circuits.ts';
import { chat, KEY, never } from './request.ts';

const server = inject('modelFaultsUrl');

let time: Clock;
let organization: string;
let token: string;
beforeEach(() => {
  time = clock();
  organization = crypto.randomUUID();
  token = crypto.randomUUID();
});

/** Everybody's provider is the fault server: the first part of the path is what it does. */
const at = (fault: string): ModelsConfig => ({
  OPENAI_API_KEY: KEY,
  OPENAI_BASE_URL: `${server}/${fault}~${token}/v1`,
  ANTHROPIC_API_KEY: KEY,
  ANTHROPIC_BASE_URL: `${server}/${fault}~${token}/v1`,
});

async function requests(): Promise<number> {
  const seen = await (await fetch(`${server}/seen/${token}`)).json<{ requests: unknown[] }>();
  return seen.requests.length;
}

interface Asked {
  readonly circuits?: Circuits;
  readonly of?: string;
  readonly model?: string;
  readonly signal?: AbortSignal;
}

/** Asks a model that does `fault`, and gives the code that came of it. */
async function ask(fault: string, { circuits = one, of = organization, model = 'openai/gpt-4o', signal }: Asked = {}) {
  const models = guardedModels(at(fault), time, circuits, of);
  const result = await models.generate(chat(model, 'Write a haiku'), { signal: signal ?? never() });
  return result.ok ? 'ok' : result.error;
}

let one: Circuits;
let two: Circuits;
beforeEach(() => {
  one = isolate(time);
  two = isolate(time);
});

async function fail(times: number, asked: Asked = {}) {
  for (let n = 0; n < times; n++) expect(await ask('500', asked)).toMatchObject({ code: 'model_overloaded' });
}

const REFUSED = { code: 'upstream_unavailable', retryable: true };
const object = (name: string) => env.CIRCUIT.get(env.CIRCUIT.idFromName(name));

describe('the circuit of a provider', () => {
  it('opens after exactly five failures in a row, and then sends nothing', async () => {
    await fail(4);
    expect(await ask('fine')).toBe('ok');
    await fail(5);
    expect(await requests()).toBe(10);
    expect(await ask('fine')).toEqual({
      ...REFUSED,
      message: 'OpenAI has failed too often and is left alone for 10 s.',
      retry_after_ms: COOL_DOWN_MS,
    });
    expect(await requests()).toBe(10);
  });

  it('opens when half of the last twenty calls failed', async () => {
    for (let n = 0; n < 10; n++) {
      expect(await ask('fine')).toBe('ok');
      await fail(1);
    }
    expect(await ask('fine')).toMatchObject(REFUSED);
    expect(await requests()).toBe(20);
  });

  it('stays closed when fewer did', async () => {
    for (let n = 0; n < 9; n++) {
      expect(await ask('fine')).toBe('ok');
      await fail(1);
    }
    for (let n = 0; n < 3; n++) expect(await ask('fine')).toBe('ok');
    await fail(1);
    expect(await ask('fine')).toBe('ok');
  });

  it('lets one probe through after its rest, and closes when that succeeds', async () => {
    await fail(5);
    time.advance(COOL_DOWN_MS - 1);
    expect(await ask('fine')).toMatchObject({ ...REFUSED, retry_after_ms: 1 });
    time.advance(1);
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => ask('fine')),
      ...Array.from({ length: 5 }, () => ask('fine', { circuits: two })),
    ]);
    expect(answers.filter((answer) => answer === 'ok')).toHaveLength(1);
    expect(await requests()).toBe(6);
    expect(await ask('fine')).toBe('ok');
    time.advance(1000);
    expect(await ask('fine', { circuits: two })).toBe('ok');
  });

  it('opens again for twice as long when the probe fails', async () => {
    await fail(5);
    time.advance(COOL_DOWN_MS);
    await fail(1);
    expect(await ask('fine')).toMatchObject({ ...REFUSED, retry_after_ms: 2 * COOL_DOWN_MS });
  });

  it('gives back a probe that was cancelled', async () => {
    await fail(5);
    time.advance(COOL_DOWN_MS);
    expect(await ask('fine', { signal: AbortSignal.abort() })).toMatchObject({ code: 'model_cancelled' });
    expect(await ask('fine')).toBe('ok');
    expect(await requests()).toBe(6);
  });

  it('is shared between isolates, within a second', async () => {
    expect(await ask('fine', { circuits: two })).toBe('ok');
    time.advance(1);
    await fail(3);
    await fail(2, { circuits: two });
    expect(await ask('fine', { circuits: two })).toMatchObject(REFUSED);
    // The first has not heard of it yet, but what it knows lasts no longer than a second.
    time.advance(1000);
    expect(await ask('fine')).toMatchObject(REFUSED);
    expect(await ask('fine', { circuits: isolate(time) })).toMatchObject(REFUSED);
  });

  it('hears at once of a success that ends a row of failures', async () => {
    await fail(4);
    expect(await ask('fine')).toBe('ok');
    await fail(4, { circuits: two });
    expect(await ask('fine', { circuits: two })).toBe('ok');
  });

  it('survives an eviction', async () => {
    await fail(5);
    await evictDurableObject(object(`provider:openai:${organization}`));
    expect(await ask('fine', { circuits: two })).toMatchObject(REFUSED);
  });

  it('is one of its provider and of its organization: others go on', async () => {
    await fail(5);
    expect(await ask('fine', { of: crypto.randomUUID() })).toBe('ok');
    const models = guardedModels({ CUSTOM_BASE_URL: `${server}/fine/v1` }, time, one, organization);
    expect((await models.generate(chat('custom/m', 'Hi'), { signal: never() })).ok).toBe(true);
  });

  it.each(['400', '401', '404', '422', 'filtered', 'malformed', 'empty'])(
    'takes %s for an answer: the provider is there',
    async (fault) => {
      await fail(4);
      for (let n = 0; n < 6; n++) await ask(fault);
      await fail(4);
      expect(await ask('fine')).toBe('ok');
    },
  );

  it.each(['500', '504', '529', 'html'])('takes %s for a failure', async (fault) => {
    for (let n = 0; n < 5; n++) await ask(fault);
    expect(await ask('fine')).toMatchObject(REFUSED);
  });

  it('takes a server that is not there for a failure', async () => {
    const gone = guardedModels(
      { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' },
      time,
      one,
      organization,
    );
    for (let n = 0; n < 5; n++) await gone.generate(chat('openai/gpt-4o', 'Hi'), { signal: never() });
    expect(await ask('fine')).toMatchObject(REFUSED);
  });

  it('counts neither what was cancelled nor a caller without patience, but an answer that is really late', async () => {
    const stalled = async (abort: (controller: AbortController) => void) => {
      const controller = new AbortController();
      const before = await requests();
      const answer = ask('stalled', { signal: controller.signal });
      await vi.waitFor(async () => expect(await requests()).toBe(before + 1), { timeout: 10_000 });
      abort(controller);
      await answer;
    };
    const timeOut = (controller: AbortController) => controller.abort(new DOMException('Too long.', 'TimeoutError'));
    for (let n = 0; n < 6; n++) await stalled((controller) => controller.abort());
    for (let n = 0; n < 6; n++) await stalled(timeOut);
    expect(await ask('fine')).toBe('ok');
    for (let n = 0; n < 5; n++) {
      await stalled((controller) => {
        time.advance(PATIENCE_MS);
        timeOut(controller);
      });
    }
    expect(await ask('fine')).toMatchObject(REFUSED);
  });

  it('stands before embeddings too', async () => {
    const embed = (fault: string) =>
      guardedModels(at(fault), time, one, organization).embed(['a pond'], 'openai/text-embedding-3-small', {
        signal: never(),
      });
    for (let n = 0; n < 5; n++) expect((await embed('500')).ok).toBe(false);
    expect(await embed('fine')).toMatchObject({ ok: false, error: REFUSED, calls: [] });
  });

  it('does not stop calls while its object cannot be asked', async () => {
    const broken = { idFromName: () => ({}), get: () => ({ exchange: () => Promise.reject(new Error('away')) }) };
    const circuits = new Circuits(broken as never, { clock: time.now, random: () => 0, cache: new Map() });
    await fail(6, { circuits });
    expect(await ask('fine', { circuits })).toBe('ok');
  });
});

describe('a rate limit', () => {
  const LIMITED = { code: 'model_rate_limited', retryable: true };

  it('pauses the provider for everybody with that key until it is over', async () => {
    expect(await ask('429')).toMatchObject({ ...LIMITED, retry_after_ms: 7000 });
    const parallel = await Promise.all(Array.from({ length: 50 }, () => ask('fine', { circuits: two })));
    for (const answer of parallel) expect(answer).toMatchObject({ ...LIMITED, retry_after_ms: 7000 });
    expect(await requests()).toBe(1);
    expect(await ask('fine', { of: crypto.randomUUID() })).toBe('ok');
    time.advance(6999);
    expect(await ask('fine')).toMatchObject({ ...LIMITED, retry_after_ms: 1 });
    time.advance(1);
    expect(await ask('fine')).toBe('ok');
    expect(await requests()).toBe(3);
  });

  it("follows the vendor's own headers where there is no Retry-After", async () => {
    expect(await ask('429-openai')).toMatchObject({ ...LIMITED, retry_after_ms: 360_000 });
    expect(await ask('fine')).toMatchObject({ ...LIMITED, retry_after_ms: 360_000 });
    const anthropic = { model: 'anthropic/claude-sonnet-5-5' };
    expect(await ask('429-anthropic', anthropic)).toMatchObject({ ...LIMITED, retry_after_ms: 45_000 });
    expect(await ask('fine', anthropic)).toMatchObject({ ...LIMITED, retry_after_ms: 45_000 });
  });

  it('is no failure while it is short, and one when it is long', async () => {
    for (let n = 0; n < 6; n++) {
      expect(await ask('429')).toMatchObject(LIMITED);
      time.advance(7000);
    }
    expect(await ask('fine')).toBe('ok');
    for (let n = 0; n < 5; n++) {
      expect(await ask('429-openai')).toMatchObject({ ...LIMITED, retry_after_ms: 360_000 });
      if (n < 4) time.advance(360_000);
    }
    const kept = await runInDurableObject(object(`provider:openai:${organization}`), (_circuit, state) =>
      state.storage.kv.get('circuit'),
    );
    expect(kept).toMatchObject({ circuit: { phase: 'open' } });
  });
});

describe('what a circuit costs', () => {
  it('one question a second while calls succeed', async () => {
    let exchanges = 0;
    const counted = {
      idFromName: (name: string) => env.CIRCUIT.idFromName(name),
      get: (id: DurableObjectId) => {
        exchanges++;
        return env.CIRCUIT.get(id);
      },
    };
    const circuits = new Circuits(counted as never, { clock: time.now, random: () => 0, cache: new Map() });
    for (let n = 0; n < 20; n++) {
      expect(await ask('fine', { circuits })).toBe('ok');
      time.advance(100);
    }
    expect(exchanges).toBe(2);
  });

  it('no storage while there is nothing to remember, and none an hour after', async () => {
    const circuit = object(`provider:openai:${organization}`);
    const stored = () => runInDurableObject(circuit, (_circuit, state) => [...state.storage.kv.list()].length);
    expect(await ask('fine')).toBe('ok');
    expect(await stored()).toBe(0);
    await fail(1);
    expect(await stored()).toBe(1);
    for (let n = 0; n < 20; n++) expect(await ask('fine')).toBe('ok');
    time.advance(1000);
    expect(await ask('fine')).toBe('ok');
    expect(await stored()).toBe(0);

    await fail(1);
    await runDurableObjectAlarm(circuit);
    expect(await stored()).toBe(1);
    await runInDurableObject(circuit, (_circuit, state) => {
      const kept = state.storage.kv.get<{ at: number }>('circuit');
      state.storage.kv.put('circuit', { ...kept, at: Date.now() - 3_600_000 });
    });
    await runDurableObjectAlarm(circuit);
    expect(await stored()).toBe(0);
  });
});
