import type { JsonValue } from '@agentflow/contracts';
import {
  type EndedCall,
  type EnginePorts,
  type HttpRequest,
  type HttpResult,
  type ModelRequest,
  type ModelToolCall,
  runStep,
  type StepCall,
  type StepContext,
  type StepResult,
} from '@agentflow/engine';
import { CALL } from './step.ts';

export interface Said {
  readonly text?: string;
  readonly calls?: readonly (Omit<ModelToolCall, 'id'> & { readonly id?: string })[];
}

export interface LoopOptions {
  readonly config?: Record<string, JsonValue>;
  /** What the model says, turn by turn; a code makes the turn fail. */
  readonly turns: readonly (Said | { readonly fails: string })[];
  readonly http?: (request: HttpRequest) => Partial<Extract<HttpResult, { ok: true }>> | HttpResult;
  readonly mode?: StepContext['mode'];
  readonly decision?: (call: StepCall) => StepContext['decision'];
  readonly env?: Record<string, string>;
  readonly trigger?: JsonValue;
  /** Whether the process dies now, asked after each thing that it does: what was not stored is done again. */
  readonly dies?: () => boolean;
}

export interface LoopRun {
  readonly result: StepResult;
  readonly calls: EndedCall[];
  readonly asked: ModelRequest[];
  readonly sent: HttpRequest[];
  readonly results: Map<string, StepResult>;
  deaths: number;
}

/**
 * Performs a tool loop as an execution does: the node is asked what comes next, each call runs with nothing but its
 * request, and only what has ended is kept. Answers go by what is asked, so that a repeated call is answered the same.
 */
export async function loop(options: LoopOptions): Promise<LoopRun> {
  const ended = new Map<string, EndedCall>();
  const run: LoopRun = { result: null as never, calls: [], asked: [], sent: [], results: new Map(), deaths: 0 };
  const dies = () => {
    const dead = options.dies?.() === true;
    if (dead) run.deaths++;
    return dead;
  };
  const ports = portsOf(options, run);
  for (let guard = 0; guard < 2000; guard++) {
    const result = await perform(options, ports, null, [...ended.values()]);
    if (result.kind !== 'calls') return Object.assign(run, { result, calls: [...ended.values()] });
    if (dies()) continue;
    const open = result.made.map((call) => JSON.parse(JSON.stringify(call)) as StepCall);
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      if (ended.has(next.id)) throw new Error(`${next.id} was made twice`);
      const seen = next.id.startsWith('t') && !next.id.includes('.') ? [...ended.values()] : [];
      const outcome = await perform(options, ports, next, seen);
      if (dies()) {
        open.unshift(next);
        continue;
      }
      run.results.set(next.id, outcome);
      if (outcome.kind === 'waiting') return Object.assign(run, { result: outcome, calls: [...ended.values()] });
      if (outcome.kind === 'failed') ended.set(next.id, { ...next, output: null, error: outcome.error });
      else if (outcome.kind === 'completed') ended.set(next.id, { ...next, output: outcome.output, error: null });
      else throw new Error(`a call gave ${outcome.kind}`);
    }
  }
  throw new Error('the loop does not end');
}

/** A tool loop has no agents among its tools. */
const unused = () => Promise.reject(new Error('no tool calls an agent'));

function portsOf(options: LoopOptions, run: LoopRun): EnginePorts {
  return {
    models: {
      generate: async (request) => {
        run.asked.push(structuredClone(request) as ModelRequest);
        const number = request.messages.filter(({ role }) => role === 'assistant').length;
        const said = options.turns[number];
        if (said === undefined) throw new Error(`the test has no turn ${number + 1}`);
        if ('fails' in said) {
          return { ok: false, error: { code: said.fails, message: 'It failed.', retryable: false }, calls: [] };
        }
        const tool_calls = (said.calls ?? []).map((call, index) => ({ id: `c${number}-${index}`, ...call }));
        return {
          ok: true,
          text: said.text ?? '',
          data: null,
          confidence: null,
          finish_reason: tool_calls.length > 0 ? 'tool-calls' : 'stop',
          tool_calls,
          calls: [CALL],
        };
      },
    },
    http: {
      request: async (request) => {
        run.sent.push(request);
        const defaults = { ok: true, status: 200, headers: {}, body: '', truncated: false } as const;
        return { ...defaults, ...options.http?.(request) } as HttpResult;
      },
    },
    agents: { call: unused, handOff: unused },
  };
}

function perform(options: LoopOptions, ports: EnginePorts, call: StepCall | null, calls: readonly EndedCall[]) {
  const { config = {}, mode = 'live', env = {}, trigger = {} } = options;
  const defaults = { model: 'openai/gpt-4o-mini', prompt: 'Do it', tools: [{ kind: 'builtin', name: 'calculator' }] };
  return runStep(
    {
      node: { id: 'n', type: 'ai.agent', config: { ...defaults, ...config } },
      scope: { trigger, context: {}, env, nodes: new Map() },
      step: { key: call === null ? 'n' : `n#${call.id}`, began_at: 1_800_000_000_000 },
      inputs: [],
      mode,
      now: 1_800_000_000_000,
      call,
      calls: [...calls],
      decision: call === null ? null : (options.decision?.(call) ?? null),
      idempotency_key: `exe:n::${call?.id ?? ''}`,
      signal: new AbortController().signal,
      log: () => {},
    },
    ports,
  );
}
