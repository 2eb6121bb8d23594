import { z } from 'zod';
import { externalPlatform } from './external-kinds.ts';
import { projectId } from './ids.ts';
import { ipNetwork } from './ip-allowlist.ts';
import { agentTag } from './tags.ts';

/** Bounds of one policy's conditions. */
export const CONDITION_LIMITS = { depth: 5, conditions: 50, windows: 20, values: 100 } as const;

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];
const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;

const timezone = z
  .string()
  .max(64)
  .refine(isTimezone, 'must be an IANA timezone like Europe/Berlin')
  .describe('IANA timezone, as in Europe/Berlin');

function isTimezone(name: string): boolean {
  // Offsets are no timezones: they know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const clockTime = z.string().regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 'must be a time like 09:30');

export const timeWindow = z.strictObject({
  days: z.array(z.enum(WEEKDAYS)).min(1).max(7).describe('Days on which it begins'),
  from: clockTime,
  to: clockTime.describe('Not included; earlier than `from`: on the next day'),
});
export type TimeWindow = z.infer<typeof timeWindow>;

/** A window's minutes of the week, Monday 00:00 being 0, end not included; one that runs past Sunday is cut in two. */
export function windowMinutes({ days, from, to }: TimeWindow): [start: number, end: number][] {
  const start = minuteOf(from);
  const end = minuteOf(to) > start ? minuteOf(to) : minuteOf(to) + DAY_MINUTES;
  return days.flatMap((day): [number, number][] => {
    const at = WEEKDAYS.indexOf(day) * DAY_MINUTES;
    if (at + end <= WEEK_MINUTES) return [[at + start, at + end]];
    return [
      [at + start, WEEK_MINUTES],
      [0, at + end - WEEK_MINUTES],
    ];
  });
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

const windows = z
  .array(timeWindow)
  .min(1)
  .max(CONDITION_LIMITS.windows)
  .superRefine((list, ctx) => {
    const taken: { minutes: [number, number]; index: number }[] = [];
    for (const [index, window] of list.entries()) {
      const refuse = (path: string[], message: string) =>
        ctx.addIssue({ code: 'custom', path: [index, ...path], message });
      if (new Set(window.days).size < window.days.length) refuse(['days'], 'names a day twice');
      else if (window.from === '24:00') refuse(['from'], 'must be before 24:00');
      else if (window.from === window.to) refuse(['to'], 'makes an empty window; a whole day is 00:00 to 24:00');
      else {
        const own = windowMinutes(window);
        const other = taken.find(({ minutes: [start, end] }) => own.some(([from, to]) => from < end && start < to));
        if (other !== undefined)
          refuse([], other.index === index ? 'overlaps itself' : `overlaps window ${other.index + 1}`);
        for (const minutes of own) taken.push({ minutes, index });
      }
    }
  });

/** A dotted path into the input: `customer.country`, `items.0.price`. */
export const inputPath = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,9}$/, 'must be a path like customer.country, of ten names at most');

const text = z.string().max(256);
const scalar = z.union([text, z.number(), z.boolean(), z.null()], 'must be a text, a number, true, false or null');
const listOf = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(CONDITION_LIMITS.values);

/** What a condition's value must be, by attribute and operator: the one table of what conditions can say. */
const VALUES = {
  time: byOperator(['within', 'not_within'], z.strictObject({ timezone, windows })),
  ip: byOperator(['in', 'not_in'], listOf(ipNetwork)),
  agent_tags: byOperator(['any_of', 'all_of', 'none_of'], listOf(agentTag)),
  cost_estimate_usd: {
    ...byOperator(['lt', 'lte', 'gt', 'gte'], z.number().min(0).max(1_000_000)),
    exists: z.boolean(),
  },
  platform: {
    ...byOperator(['eq', 'ne'], externalPlatform),
    ...byOperator(['in', 'not_in'], listOf(externalPlatform)),
    exists: z.boolean(),
  },
  project: {
    ...byOperator(['eq', 'ne'], projectId),
    ...byOperator(['in', 'not_in'], listOf(projectId)),
    exists: z.boolean(),
  },
  input: {
    ...byOperator(['eq', 'ne'], scalar),
    ...byOperator(['in', 'not_in'], listOf(scalar)),
    ...byOperator(['lt', 'lte', 'gt', 'gte'], z.union([z.number(), text], 'must be a number or a text')),
    ...byOperator(['contains', 'not_contains'], scalar),
    ...byOperator(['starts_with', 'ends_with'], text.min(1)),
    exists: z.boolean(),
  },
} as const satisfies Record<string, Record<string, z.ZodType>>;

function byOperator<const O extends string, V extends z.ZodType>(operators: readonly O[], value: V): Record<O, V> {
  return Object.fromEntries(operators.map((operator) => [operator, value])) as Record<O, V>;
}

type Values = typeof VALUES;
export type PolicyAttribute = keyof Values;
export type OperatorOf<A extends PolicyAttribute> = keyof Values[A] & string;

/** The attributes that conditions can look at, each with its operators. */
export const POLICY_ATTRIBUTES = Object.fromEntries(
  Object.entries(VALUES).map(([attribute, operators]) => [attribute, Object.keys(operators)]),
) as unknown as { readonly [A in PolicyAttribute]: readonly OperatorOf<A>[] };

type Leaf<A extends PolicyAttribute> = {
  [O in OperatorOf<A>]: { attribute: A; operator: O; value: z.infer<Extract<Values[A][O], z.ZodType>> };
}[OperatorOf<A>];

export type PolicyLeaf =
  | { [A in Exclude<PolicyAttribute, 'input'>]: Leaf<A> }[Exclude<PolicyAttribute, 'input'>]
  | (Leaf<'input'> & { path: string });
export type PolicyCondition =
  | { all: PolicyCondition[] }
  | { any: PolicyCondition[] }
  | { not: PolicyCondition }
  | PolicyLeaf;

type Path = (string | number)[];
interface Refusal {
  readonly path: Path;
  readonly message: string;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with a condition, each with its place: a union of schemas would only say that none of them fits. */
function refusalsOf(condition: unknown): Refusal[] {
  const refuse = (path: Path, message: string): Refusal[] => [{ path, message }];
  const { depth: deepest, conditions: most } = CONDITION_LIMITS;
  let count = 0;

  const visit = (value: unknown, path: Path, depth: number): Refusal[] => {
    if (!isRecord(value)) return refuse(path, 'must be a condition, or all, any or not of conditions');
    if (depth > deepest) return refuse(path, `is nested too deep: conditions go ${deepest} levels down at most`);
    const keys = Object.keys(value);
    const group = keys.find((key) => key === 'all' || key === 'any' || key === 'not');
    if (group === undefined) {
      count++;
      if (count > most) return refuse(path, `is one too many: a policy has ${most} conditions at most`);
      return leafRefusals(value).map((each) => ({ ...each, path: [...path, ...each.path] }));
    }
    if (keys.length > 1) return refuse(path, `has ${group} and other fields: a group stands alone`);
    const inner = value[group];
    if (group === 'not') return visit(inner, [...path, 'not'], depth + 1);
    if (!Array.isArray(inner) || inner.length === 0) {
      return refuse([...path, group], 'must be a list of at least one condition');
    }
    if (inner.length > most) return refuse([...path, group], `has more than ${most} conditions`);
    return inner.flatMap((each, index) => visit(each, [...path, group, index], depth + 1));
  };

  return visit(condition, [], 1);
}

function leafRefusals(leaf: Record<string, unknown>): Refusal[] {
  const { attribute, operator } = leaf;
  if (typeof attribute !== 'string' || !Object.hasOwn(VALUES, attribute)) {
    return [{ path: ['attribute'], message: `must be one of ${Object.keys(VALUES).join(', ')}` }];
  }
  const operators: Record<string, z.ZodType> = VALUES[attribute as PolicyAttribute];
  const value = typeof operator === 'string' && Object.hasOwn(operators, operator) ? operators[operator] : undefined;
  if (value === undefined) {
    const known = Object.keys(operators).join(', ');
    return [{ path: ['operator'], message: `must be one of ${known} for ${attribute}` }];
  }
  const fields = { attribute: z.string(), operator: z.string(), value };
  const { error } = z.strictObject(attribute === 'input' ? { ...fields, path: inputPath } : fields).safeParse(leaf);
  return (error?.issues ?? []).map(({ path, message }) => ({ path: path as Path, message }));
}

export const policyCondition = z
  .looseObject({})
  .superRefine((value, ctx) => {
    for (const { path, message } of refusalsOf(value)) ctx.addIssue({ code: 'custom', path, message });
  })
  .describe(
    `\`{"all": […]}\`, \`{"any": […]}\`, \`{"not": …}\`, ${CONDITION_LIMITS.depth} levels deep at most, or one condition \`{"attribute", "operator", "value"}\`, with \`path\` for \`input\`. ${Object.entries(
      POLICY_ATTRIBUTES,
    )
      .map(([attribute, operators]) => `${attribute}: ${operators.join(', ')}`)
      .join('. ')}.`,
  ) as unknown as z.ZodType<PolicyCondition, PolicyCondition>;

/** Every condition that is no group, in the order in which it is written, with its path. */
export function policyLeaves(
  condition: PolicyCondition | null,
  path: readonly (string | number)[] = [],
): { leaf: PolicyLeaf; path: readonly (string | number)[] }[] {
  if (condition === null) return [];
  if ('all' in condition) return condition.all.flatMap((each, index) => policyLeaves(each, [...path, 'all', index]));
  if ('any' in condition) return condition.any.flatMap((each, index) => policyLeaves(each, [...path, 'any', index]));
  if ('not' in condition) return policyLeaves(condition.not, [...path, 'not']);
  return [{ leaf: condition, path }];
}
