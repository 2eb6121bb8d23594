import type { AgentDefinition, DefinitionProblem } from '@agentflow/contracts';
import { compileExpression, parseTemplate, type Reference, referencesOf } from '../expressions/index.ts';
import { scanTokens } from '../expressions/lexical.ts';
import { ReferenceCheck } from './check-references.ts';
import { type DraftNode, readDraft } from './draft.ts';
import type { NodeProblem, ProblemSink } from './problem-list.ts';

/** One mistake in a text; `from` and `to` count its characters. */
export interface TextProblem extends Pick<DefinitionProblem, 'severity' | 'code' | 'message'> {
  readonly from: number;
  readonly to: number;
}

export interface TextCheck {
  /** A text with `{{…}}` in it. */
  template(text: string): TextProblem[];
  /** Bare JSONata; `field` is `output_mapping` where `result` is there. */
  expression(source: string, field?: string): TextProblem[];
}

/** Where a name that was read stands, as often as it does; all of the expression where it is computed. */
function placesOf({ root, path }: Reference, source: string): { from: number; to: number }[] {
  const tokens = [...scanTokens(source)].filter((token) => token.kind !== 'comment');
  const wordAt = (index: number) => {
    const token = tokens[index];
    if (token?.kind === 'word') return source.slice(token.start, token.end);
    return token?.kind === 'name' ? source.slice(token.start + 1, token.end - 1) : null;
  };
  const isDot = (index: number) => source[tokens[index]?.start ?? -1] === '.' && tokens[index]?.kind === 'symbol';
  const found: { from: number; to: number }[] = [];
  for (const [index, token] of tokens.entries()) {
    if (wordAt(index) !== root) continue;
    if (isDot(index - 1) && !/^\$\$?$/.test(wordAt(index - 2) ?? '')) continue;
    let last = index;
    let matched = 0;
    while (matched < path.length && isDot(last + 1) && wordAt(last + 2) === path[matched]) {
      last += 2;
      matched += 1;
    }
    if (matched === path.length) found.push({ from: token.start, to: tokens[last]?.end ?? token.end });
  }
  return found.length === 0 ? [{ from: 0, to: source.length }] : found;
}

class Findings implements ProblemSink {
  readonly found: NodeProblem[] = [];
  node(_place: unknown, _field: string, problem: NodeProblem): void {
    this.found.push(problem);
  }
}

function checkSource(node: DraftNode, source: string, field: string, check: ReferenceCheck, findings: Findings) {
  const compilation = compileExpression(source);
  if (!compilation.ok) {
    const { message, position } = compilation.error;
    // JSONata tells the place just past what it stumbled over.
    const to = Math.min(position ?? source.length, source.length);
    const from = position === undefined ? 0 : Math.max(0, to - 1);
    return [{ severity: 'error' as const, code: 'expression_invalid', message, from, to: Math.max(to, from + 1) }];
  }
  return referencesOf(compilation.expression).flatMap((reference) => {
    findings.found.length = 0;
    check.reference(node, field, reference, compilation.expression);
    const places = placesOf(reference, source);
    return findings.found.flatMap((problem) =>
      places.map((place) => ({ severity: 'error' as const, ...problem, ...place })),
    );
  });
}

const NOTHING_INSIDE = /^\{\{\s*\}\}/;

function shifted(problems: readonly TextProblem[], by: number): TextProblem[] {
  return problems.map((each) => ({ ...each, from: each.from + by, to: each.to + by }));
}

/** An expression that does not end hides what follows it, not what stands before. */
function checkTemplate(text: string, checkExpression: (source: string) => TextProblem[]): TextProblem[] {
  const template = parseTemplate(text);
  if (template.ok) {
    return template.parts.flatMap((part) =>
      part.kind === 'text' ? [] : shifted(checkExpression(part.source), part.start),
    );
  }
  const { message, start } = template;
  const to = start + (NOTHING_INSIDE.exec(text.slice(start))?.[0].length ?? text.length - start);
  return [
    ...checkTemplate(text.slice(0, start), checkExpression),
    { severity: 'error', code: 'expression_invalid', message, from: start, to },
    ...shifted(checkTemplate(text.slice(to), checkExpression), to),
  ];
}

const ACCEPTS_ALL: TextCheck = { template: () => [], expression: () => [] };

/**
 * Checks texts of one node as somebody types them, with the same rules as publishing. The graph is read once; make a new
 * check when the definition changes.
 *
 * @param envNames names of the organization's secrets; without them `env.NAME` is not checked
 */
export function createTextCheck(
  definition: AgentDefinition,
  nodeId: string,
  envNames: readonly string[] | undefined,
): TextCheck {
  const draft = readDraft(definition);
  const node = draft.nodes[draft.indexOf.get(nodeId) ?? -1];
  if (node === undefined) return ACCEPTS_ALL;
  const findings = new Findings();
  const check = new ReferenceCheck(draft, envNames, findings);
  return {
    expression: (source, field = '') => (source.trim() === '' ? [] : checkSource(node, source, field, check, findings)),
    template: (text) => checkTemplate(text, (source) => checkSource(node, source, '', check, findings)),
  };
}
