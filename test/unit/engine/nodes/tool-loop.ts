import type { JsonValue, Todo } from '@agentflow/contracts';
import {
  callerOf,
  type EndedCall,
  type EnginePorts,
  type FileWrite,
  type HttpRequest,
  type HttpResult,
  type ModelRequest,
  type ModelToolCall,
  runStep,
  type SaidMessage,
  type StepCall,
  type StepContext,
  type StepResult,
  seesCalls,
  type Workspace,
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
  /** What other models say: those of helpers. */
  readonly scripts?: Record<string, LoopOptions['turns']>;
  readonly notes?: Record<string, string>;
  /** What is there before the agent begins. */
  readonly files?: Record<string, string>;
  /** What people say, each after so many calls have ended. */
  readonly said?: readonly { readonly after: number; readonly text: string }[];
  /** Whether the process dies now, asked after each thing that it does: what was not stored is done again. */
  readonly dies?: () => boolean;
}

export interface LoopRun {
  readonly result: StepResult;
  readonly calls: EndedCall[];
  readonly asked: ModelRequest[];
  readonly sent: HttpRequest[];
  readonly results: Map<string, StepResult>;
  readonly folder: Folder;
  todos: readonly Todo[];
  deaths: number;
}

/** A workspace in memory. */
export class Folder implements Workspace {
  readonly files = new Map<string, { content: string | null; version: number }>();
  private characters = 0;

  list() {
    return [...this.files]
      .flatMap(([path, { content, version }]) => (content === null ? [] : [{ path, version, size: content.length }]))
      .sort((one, other) => (one.path < other.path ? -1 : 1));
  }
  read(path: string) {
    return this.files.get(path)?.content ?? null;
  }
  version(path: string) {
    return this.files.get(path)?.version ?? 0;
  }
  written() {
    return this.characters;
  }
  write({ path, content }: FileWrite) {
    this.files.set(path, { content, version: this.version(path) + 1 });
    this.characters += content?.length ?? 0;
  }
  contents(): Record<string, string> {
    return Object.fromEntries(this.list().map(({ path }) => [path, this.read(path) ?? '']));
  }
}

/**
 * Performs a tool loop as an execution does: the node is asked what comes next, each call runs with nothing but its
 * request, and only what has ended is kept. Answers go by what is asked, so that a repeated call is answered the same.
 */
export async function loop(options: LoopOptions): Promise<LoopRun> {
  const folder = new Folder();
  for (const [path, content] of Object.entries(options.files ?? {})) folder.write({ path, content });
  const run: LoopRun = {
    result: null as never,
    calls: [],
    asked: [],
    sent: [],
    results: new Map(),
    folder,
    todos: [],
    deaths: 0,
  };
  const result = await new Performance(options, run).toEnd(null);
  return Object.assign(run, { result });
}

class Performance {
  private readonly ports: EnginePorts;
  private heard = 0;

  constructor(
    private readonly options: LoopOptions,
    private readonly run: LoopRun,
  ) {
    this.ports = portsOf(options, run);
  }

  /** The end of the node, or of one of its calls; it waits where anything in it waits. */
  async toEnd(call: StepCall | null): Promise<StepResult> {
    for (let guard = 0; guard < 2000; guard++) {
      const result = await this.perform(call);
      if (this.dies()) continue;
      this.keep(result);
      if (result.kind !== 'calls') return result;
      const open = result.made.map((made) => JSON.parse(JSON.stringify(made)) as StepCall);
      for (const next of open) {
        if (this.run.calls.some(({ id }) => id === next.id)) throw new Error(`${next.id} was made twice`);
        const outcome = await this.toEnd(next);
        this.run.results.set(next.id, outcome);
        if (outcome.kind === 'waiting') return outcome;
        if (outcome.kind === 'failed') this.run.calls.push({ ...next, output: null, error: outcome.error });
        else if (outcome.kind === 'completed') this.run.calls.push({ ...next, output: outcome.output, error: null });
        else throw new Error(`a call gave ${outcome.kind}`);
      }
    }
    throw new Error('the loop does not end');
  }

  private dies(): boolean {
    const dead = this.options.dies?.() === true;
    if (dead) this.run.deaths++;
    return dead;
  }

  private keep(result: StepResult): void {
    if (result.kind !== 'calls' && result.kind !== 'completed') return;
    for (const write of result.workspace?.files ?? []) this.run.folder.write(write);
    this.run.todos = result.workspace?.todos ?? this.run.todos;
    this.heard = result.workspace?.heard ?? this.heard;
  }

  private said(): SaidMessage[] {
    const { said = [] } = this.options;
    const all = said.flatMap(({ after, text }, index) =>
      this.run.calls.length < after ? [] : [{ id: index + 1, text }],
    );
    return all.filter(({ id }) => id > this.heard);
  }

  private tokensBeside(within: string): number {
    return this.run.calls
      .filter(({ id }) => seesCalls(id) && callerOf(id) !== within)
      .reduce((sum) => sum + CALL.input_tokens + CALL.output_tokens, 0);
  }

  private perform(call: StepCall | null) {
    const { options, run } = this;
    const { config = {}, mode = 'live', env = {}, trigger = {} } = options;
    const defaults = { model: 'openai/gpt-4o-mini', prompt: 'Do it', tools: [{ kind: 'builtin', name: 'calculator' }] };
    // A tool knows nothing but its request.
    const sees = call === null || seesCalls(call.id) || (call.request as { tool?: string }).tool === 'task';
    return runStep(
      {
        node: { id: 'n', type: 'ai.agent', config: { ...defaults, ...config } },
        scope: { trigger, context: {}, env, nodes: new Map() },
        step: { key: call === null ? 'n' : `n#${call.id}`, began_at: 1_800_000_000_000 },
        inputs: [],
        mode,
        now: 1_800_000_000_000,
        call,
        calls: sees ? [...run.calls] : [],
        ...(config.deep === undefined
          ? {}
          : {
              deep: {
                workspace: run.folder,
                notes: options.notes ?? {},
                said: call === null ? this.said() : [],
                tokens_elsewhere: this.tokensBeside(call?.id ?? ''),
              },
            }),
        decision: call === null ? null : (options.decision?.(call) ?? null),
        idempotency_key: `exe:n::${call?.id ?? ''}`,
        signal: new AbortController().signal,
        log: () => {},
      },
      this.ports,
    );
  }
}

/** A tool loop has no agents among its tools. */
const unused = () => Promise.reject(new Error('no tool calls an agent'));

function portsOf(options: LoopOptions, run: LoopRun): EnginePorts {
  return {
    models: {
      generate: async (request) => {
        run.asked.push(structuredClone(request) as ModelRequest);
        const number = request.messages.filter(({ role }) => role === 'assistant').length;
        const said = (options.scripts?.[request.model] ?? options.turns)[number];
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
