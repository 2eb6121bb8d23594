import type { JsonValue, PolicyAction, Role, SubjectKind } from '@agentflow/contracts';
import { type Address, parseAddress } from '../../../workers/platform/ip-networks.ts';
import type { ToldInput } from '../../../workers/platform/told-input.ts';

/** What policies judge: one start. `undefined` is what nobody knows, null what it is known to have none of. */
export interface JudgedStart {
  readonly subject: {
    readonly kind: SubjectKind;
    readonly id: string;
    /** Of a user. */
    readonly role: Role | null | undefined;
    /** Of an external agent. */
    readonly platform: string | null | undefined;
  };
  readonly action: PolicyAction;
  readonly agent: { readonly id: string; readonly tags: readonly string[] };
  readonly project_id: string | null | undefined;
  /** Any text; what is no address is unknown. */
  readonly ip: string;
  /** undefined for an agent that never ran. */
  readonly cost_estimate_microusd: number | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** null while nothing was told of the input. */
  readonly told: ToldInput | null;
}

/** A start while it is judged: what several conditions need is worked out once. */
export class Facts {
  /** A condition asked for a part of the input that was not told. */
  untold = false;
  private parsed: Address | null | undefined;
  private values: ReadonlyMap<string, JsonValue> | undefined;

  readonly start: JudgedStart;

  // No parameter property: the benchmark reads this file as it stands, by stripping its types.
  constructor(start: JudgedStart) {
    this.start = start;
  }

  get address(): Address | null {
    if (this.parsed === undefined) this.parsed = parseAddress(this.start.ip);
    return this.parsed;
  }

  /** The value at a path of the input; undefined where it has none, or none that is known. */
  inputAt(path: string): JsonValue | undefined {
    const { told } = this.start;
    if (told === null || !told.paths.includes(path)) {
      this.untold = true;
      return undefined;
    }
    this.values ??= new Map(told.values);
    return this.values.get(path);
  }

  /** Whether the input has something at a path, however large; undefined where it was not told. */
  inputHas(path: string): boolean | undefined {
    if (this.inputAt(path) !== undefined) return true;
    const { told } = this.start;
    if (told === null || !told.paths.includes(path)) return undefined;
    return told.too_large.includes(path);
  }
}
