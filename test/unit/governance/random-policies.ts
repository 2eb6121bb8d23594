import {
  type JsonValue,
  type PolicyCondition,
  type PolicyRequest,
  policyRequest,
  type Role,
  WEEKDAYS,
} from '@agentflow/contracts';
import type { NaiveStart } from './naive-policies.ts';

/** Few names, so that policies and starts meet often. */
const id = (prefix: string, number: number) => `${prefix}_${String(number).padStart(26, '0')}`;
const AGENTS = [1, 2, 3, 4].map((number) => id('agt', number));
const PROJECTS = [1, 2].map((number) => id('prj', number));
const TAGS = ['prod', 'finance', 'pii'];
const PLATFORMS = ['claude_code', 'chatgpt', 'gemini'] as const;
const ROLES: readonly Role[] = ['owner', 'developer', 'viewer'];
const ADDRESSES = ['10.1.2.3', '10.200.0.1', '203.0.113.9', '2001:db8::5', '2001:db8:8000::1', ''];
const NETWORKS = ['10.0.0.0/8', '10.1.2.3', '203.0.113.8/29', '2001:db8::/33', '::/0', '0.0.0.0/1'];
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'UTC', 'Pacific/Chatham'];
const SCALARS: JsonValue[] = ['a', 'ab', '5', '', 5, 5.5, 0, -1, true, false, null];
const PATHS = ['a', 'a.b', 'list.0', 'list.2', '__proto__', 'list.length'];
const KINDS = ['user', 'api_key', 'external_agent'] as const;
const PREFIX = { user: 'usr', api_key: 'key', external_agent: 'ext' };

export class RandomPolicies {
  constructor(private readonly random: () => number) {}

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private one<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  private some<T>(of: readonly T[]): T[] {
    const found = of.filter(() => this.random() < 0.5);
    return found.length > 0 ? found : [this.one(of)];
  }

  policies(count: number): (PolicyRequest & { id: string })[] {
    return Array.from({ length: count }, (_, index) => ({ ...this.policy(), id: id('pol', index) }));
  }

  /** Through the contract: what is tried is what can be stored. */
  private policy(): PolicyRequest {
    return policyRequest.parse({
      name: 'Some policy',
      effect: this.random() < 0.4 ? 'deny' : 'allow',
      priority: this.below(4),
      subjects: Array.from({ length: 1 + this.below(2) }, () => this.subject()),
      actions: this.random() < 0.3 ? ['*'] : this.some(['execute', 'invoke', 'test']),
      resources:
        this.random() < 0.3
          ? { agents: ['*'] }
          : { agents: this.some(AGENTS), tags: this.random() < 0.5 ? this.some(TAGS) : [] },
      conditions: this.random() < 0.2 ? null : this.condition(1),
      is_active: this.random() < 0.9,
    });
  }

  private subject() {
    const kind = this.one([...KINDS, '*'] as const);
    if (kind === '*') return { kind };
    const ids = this.random() < 0.3 ? { ids: [1, 2].map((number) => id(PREFIX[kind], number)) } : {};
    if (this.random() < 0.5) return { kind, ...ids };
    if (kind === 'user') return { kind, ...ids, roles: this.some(ROLES) };
    return kind === 'external_agent' ? { kind, ...ids, platforms: this.some(PLATFORMS) } : { kind, ...ids };
  }

  condition(depth: number): PolicyCondition {
    const roll = depth < 5 ? this.random() : 1;
    const list = () => Array.from({ length: 1 + this.below(3) }, () => this.condition(depth + 1));
    if (roll < 0.2) return { all: list() };
    if (roll < 0.4) return { any: list() };
    if (roll < 0.5) return { not: this.condition(depth + 1) };
    return this.leaf();
  }

  private leaf(): PolicyCondition {
    switch (this.below(7)) {
      case 0:
        return {
          attribute: 'time',
          operator: this.one(['within', 'not_within'] as const),
          value: { timezone: this.one(ZONES), windows: [this.window()] },
        };
      case 1:
        return { attribute: 'ip', operator: this.one(['in', 'not_in'] as const), value: this.some(NETWORKS) };
      case 2:
        return {
          attribute: 'agent_tags',
          operator: this.one(['any_of', 'all_of', 'none_of'] as const),
          value: this.some(TAGS),
        };
      case 3: {
        if (this.random() < 0.2)
          return { attribute: 'cost_estimate_usd', operator: 'exists', value: this.random() < 0.5 };
        const operator = this.one(['lt', 'lte', 'gt', 'gte'] as const);
        return { attribute: 'cost_estimate_usd', operator, value: this.below(3) / 100 };
      }
      case 4:
        if (this.random() < 0.3) return { attribute: 'platform', operator: 'exists', value: this.random() < 0.5 };
        if (this.random() < 0.5)
          return { attribute: 'platform', operator: this.one(['eq', 'ne'] as const), value: this.one(PLATFORMS) };
        return { attribute: 'platform', operator: this.one(['in', 'not_in'] as const), value: this.some(PLATFORMS) };
      case 5:
        if (this.random() < 0.3) return { attribute: 'project', operator: 'exists', value: this.random() < 0.5 };
        if (this.random() < 0.5)
          return { attribute: 'project', operator: this.one(['eq', 'ne'] as const), value: this.one(PROJECTS) };
        return { attribute: 'project', operator: this.one(['in', 'not_in'] as const), value: this.some(PROJECTS) };
      default:
        return this.inputLeaf();
    }
  }

  private inputLeaf(): PolicyCondition {
    const at = { attribute: 'input', path: this.one(PATHS) } as const;
    const scalar = this.one(SCALARS) as string | number | boolean | null;
    switch (this.below(6)) {
      case 0:
        return { ...at, operator: 'exists', value: this.random() < 0.5 };
      case 1:
        return { ...at, operator: this.one(['eq', 'ne'] as const), value: scalar };
      case 2:
        return { ...at, operator: this.one(['in', 'not_in'] as const), value: this.some(SCALARS) as string[] };
      case 3:
        return {
          ...at,
          operator: this.one(['lt', 'lte', 'gt', 'gte'] as const),
          value: this.one(['ab', 5, 0] as const),
        };
      case 4:
        return { ...at, operator: this.one(['contains', 'not_contains'] as const), value: scalar };
      default:
        return { ...at, operator: this.one(['starts_with', 'ends_with'] as const), value: 'a' };
    }
  }

  private window() {
    const clock = () => `${String(this.below(24)).padStart(2, '0')}:${this.one(['00', '15', '59'])}`;
    const from = clock();
    let to = clock();
    while (to === from) to = clock();
    // A night of every day would be no overlap, but a day may follow itself: one day in two is enough to try.
    return { days: this.some(WEEKDAYS), from, to };
  }

  start(): NaiveStart {
    const kind = this.one(KINDS);
    const value = (): JsonValue => this.one([...SCALARS, ['a', 5], { b: 'ab' }, { b: 5 }]);
    return {
      subject: {
        kind,
        id: id(PREFIX[kind], 1 + this.below(3)),
        role: kind === 'user' ? this.one(ROLES) : null,
        platform: kind === 'external_agent' ? this.one(PLATFORMS) : null,
      },
      action: this.one(['execute', 'invoke', 'test'] as const),
      agent: { id: this.one(AGENTS), tags: TAGS.filter(() => this.random() < 0.3) },
      project_id: this.one([null, ...PROJECTS]),
      ip: this.one(ADDRESSES),
      cost_estimate_microusd: this.one([undefined, 0, 10_000, 15_000]),
      // Around a change of the clocks in spring 2026 as well as anywhere in the year.
      at:
        this.random() < 0.3
          ? Date.UTC(2026, 2, 29) + this.below(86_400_000)
          : Date.UTC(2026, 0, 1) + this.below(31_536_000_000),
      input: this.random() < 0.1 ? value() : { a: value(), list: [value(), value()] },
    };
  }
}
