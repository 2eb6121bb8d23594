import type { JsonValue, NodeConfig, NodeTypeName, WaitingReason } from '@agentflow/contracts';
import type {
  ApprovalAsk,
  Due,
  EnginePorts,
  ModelCall,
  OpenedLoop,
  StepCall,
  StepContext,
  StepError,
  StepEvent,
} from '../ports.ts';
import type { WorkspaceChange } from '../workspace.ts';

/** What a handler decides; runStep adds the resolved input and takes secrets' markers out. */
export type StepOutcome =
  | {
      readonly kind: 'completed';
      readonly output: JsonValue;
      readonly handle: string;
      readonly blocked: boolean;
      readonly calls: readonly ModelCall[];
      readonly event?: StepEvent;
      readonly recorded?: boolean;
      readonly workspace?: WorkspaceChange;
    }
  | {
      readonly kind: 'failed';
      readonly error: StepError;
      readonly calls: readonly ModelCall[];
      readonly recorded?: boolean;
    }
  | {
      readonly kind: 'waiting';
      readonly reason: WaitingReason;
      readonly wake_at: number | null;
      readonly due: Due | null;
      readonly ask: ApprovalAsk | null;
    }
  | { readonly kind: 'opened'; readonly loop: OpenedLoop }
  | { readonly kind: 'calls'; readonly made: readonly StepCall[]; readonly workspace?: WorkspaceChange }
  | {
      readonly kind: 'stopped';
      readonly status: 'completed' | 'failed';
      readonly output: JsonValue;
      readonly message: string;
    };

/** Runs one node whose config has been resolved and parsed. Expected failures are outcomes; only bugs throw. */
export type StepHandler<T extends NodeTypeName> = (
  config: NodeConfig<T>,
  context: StepContext,
  ports: EnginePorts,
) => Promise<StepOutcome> | StepOutcome;

export function completed(output: JsonValue, handle = 'out', calls: readonly ModelCall[] = []): StepOutcome {
  return { kind: 'completed', output, handle, blocked: false, calls };
}

export function failed(error: StepError, calls: readonly ModelCall[] = []): StepOutcome {
  return { kind: 'failed', error, calls };
}

/** A failure that trying again can't mend. */
export function refused(code: string, message: string): StepOutcome {
  return failed({ code, message, retryable: false });
}
