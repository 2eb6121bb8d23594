import type { JsonValue } from '@agentflow/contracts';
import {
  type EnginePorts,
  type HttpRequest,
  type HttpResult,
  type ModelCall,
  type ModelCallOptions,
  type ModelRequest,
  type ModelResult,
  runStep,
  type StepContext,
  type StepResult,
} from '@agentflow/engine';
import { expect } from 'vitest';

export const CALL: ModelCall = {
  provider: 'openai',
  model: 'gpt-4o-mini',
  input_tokens: 10,
  output_tokens: 5,
  cost_microusd: 42,
  latency_ms: 7,
  estimated: false,
  outcome: 'ok',
};

export type Answer = Partial<Extract<ModelResult, { ok: true }>>;

export interface StepSetup extends Partial<Omit<StepContext, 'node' | 'scope'>> {
  readonly type: string;
  readonly config?: Record<string, JsonValue>;
  readonly scope?: Partial<StepContext['scope']>;
  readonly answer?: Answer | ModelResult | Error;
  readonly agents?: Partial<EnginePorts['agents']>;
  readonly response?: Partial<Extract<HttpResult, { ok: true }>> | HttpResult;
}

export interface StepRun {
  readonly result: StepResult;
  readonly asked: { readonly request: ModelRequest; readonly options: ModelCallOptions }[];
  readonly sent: HttpRequest[];
  readonly logs: string[];
}

/** Runs a step with ports that record what they are asked and answer what the test says. */
export async function step({
  type,
  config = {},
  scope = {},
  answer = {},
  response = {},
  agents = {},
  ...context
}: StepSetup): Promise<StepRun> {
  const asked: StepRun['asked'] = [];
  const sent: HttpRequest[] = [];
  const logs: string[] = [];
  const ports: EnginePorts = {
    models: {
      generate: async (request, options) => {
        asked.push({ request, options });
        if (answer instanceof Error) throw answer;
        const defaults = {
          ok: true,
          text: '',
          data: null,
          confidence: null,
          finish_reason: 'stop',
          calls: [CALL],
        } as const;
        return { ...defaults, ...answer } as ModelResult;
      },
    },
    http: {
      request: async (request) => {
        sent.push(request);
        return { ok: true, status: 200, headers: {}, body: '', truncated: false, ...response } as HttpResult;
      },
    },
    agents: {
      call: async () => ({ ok: false, error: { code: 'none', message: 'No agents here.', retryable: false } }),
      handOff: async () => ({ ok: false, error: { code: 'none', message: 'No agents here.', retryable: false } }),
      ...agents,
    },
  };
  const result = await runStep(
    {
      node: { id: 'n', type, config },
      scope: { trigger: {}, context: {}, env: {}, nodes: new Map(), ...scope },
      step: { key: 'n', began_at: 1_800_000_000_000 },
      inputs: [],
      mode: 'live',
      now: 1_800_000_000_000,
      call: null,
      calls: [],
      decision: null,
      idempotency_key: 'exe:n',
      signal: new AbortController().signal,
      log: (level, message) => logs.push(`${level}: ${message}`),
      ...context,
    },
    ports,
  );
  return { result, asked, sent, logs };
}

export async function completion(setup: StepSetup) {
  const { result } = await step(setup);
  if (result.kind !== 'completed') expect.fail(JSON.stringify(result));
  return result;
}

export async function failure(setup: StepSetup) {
  const { result } = await step(setup);
  if (result.kind !== 'failed') expect.fail(JSON.stringify(result));
  return result.error;
}
