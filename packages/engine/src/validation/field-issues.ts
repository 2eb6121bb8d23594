import type { NodeType } from '@agentflow/contracts';

/** One thing that a value does not fulfil: `path` is dotted, empty for the value as a whole. */
export interface FieldIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What type was expected, where the type is what is wrong. */
  readonly expected: string | null;
}

/** What the contracts' schemas answer with; their types are the only way to it that needs no further package. */
type ParseError = Extract<ReturnType<NodeType['config']['safeParse']>, { success: false }>['error'];
type Issue = ParseError['issues'][number];
type IssueOf<Code extends Issue['code']> = Extract<Issue, { code: Code }>;

/** How far a branch of a union is from what was given: wrong kind at its top counts most. */
function distance(issues: readonly Issue[]): number {
  let sum = 0;
  for (const issue of issues) {
    const wrongKind = issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'unrecognized_keys');
    sum += wrongKind ? 100 : 1;
  }
  return sum;
}

/** Problems inside the branch of a union that was most likely meant. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  return branches.reduce<readonly Issue[]>(
    (best, branch) => (best.length === 0 || distance(branch) < distance(best) ? branch : best),
    [],
  );
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function words(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined && issue.message.includes('undefined')) return 'is required';
      return `must be ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
    case 'unrecognized_keys':
      return `has ${issue.keys.length === 1 ? 'an unknown field' : 'unknown fields'}: ${issue.keys.join(', ')}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => String(value)).join(', ')}`;
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    default:
      return issue.message;
  }
}

function tooSmall(issue: IssueOf<'too_small'>): string {
  if (issue.origin === 'string')
    return issue.minimum === 1 ? 'must not be empty' : `must have at least ${issue.minimum} characters`;
  if (issue.origin === 'array')
    return `must have at least ${issue.minimum} ${issue.minimum === 1 ? 'entry' : 'entries'}`;
  return `must be at least ${issue.minimum}`;
}

function tooBig(issue: IssueOf<'too_big'>): string {
  if (issue.origin === 'string') return `must have at most ${issue.maximum} characters`;
  if (issue.origin === 'array') return `must have at most ${issue.maximum} entries`;
  return `must be at most ${issue.maximum}`;
}

function flatten(issue: Issue, prefix: readonly PropertyKey[]): FieldIssue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') {
    const inner = closestBranch(issue.errors);
    if (inner.length > 0) return inner.flatMap((each) => flatten(each, path));
  }
  if (issue.code === 'invalid_key' && issue.issues.length > 0) {
    return issue.issues.map((each) => ({
      path: plainPath(path),
      message: `is not a valid name: ${each.message}`,
      expected: null,
    }));
  }
  return [
    { path: plainPath(path), message: words(issue), expected: issue.code === 'invalid_type' ? issue.expected : null },
  ];
}

function plainPath(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}

/** Every problem of a parsed value with its field, unions narrowed to the branch that was meant. */
export function fieldIssues(error: ParseError): FieldIssue[] {
  return error.issues.flatMap((issue) => flatten(issue, []));
}

/** The value at a path, undefined where there is none. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string | number, unknown>)[key];
  }
  return current;
}
