/** A node of JSONata's syntax tree, as far as this folder reads it. */
export interface SyntaxNode {
  readonly type: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly SyntaxNode[];
  readonly stages?: readonly SyntaxStage[];
  readonly predicate?: readonly SyntaxStage[];
  readonly group?: { readonly lhs: readonly SyntaxPair[] };
  readonly arguments?: readonly SyntaxNode[];
  readonly procedure?: SyntaxNode;
  readonly body?: SyntaxNode;
  readonly expressions?: readonly SyntaxNode[];
  readonly lhs?: SyntaxNode | readonly SyntaxPair[];
  readonly rhs?: SyntaxNode;
  readonly expression?: SyntaxNode;
  readonly condition?: SyntaxNode;
  readonly then?: SyntaxNode;
  readonly else?: SyntaxNode;
  readonly pattern?: SyntaxNode;
  readonly update?: SyntaxNode;
  readonly delete?: SyntaxNode;
  readonly terms?: readonly { readonly expression: SyntaxNode }[];
  /** Variable that `@$name` binds to the step's value. */
  readonly focus?: string;
  /** Variable that `#$name` binds to the step's place. */
  readonly index?: string;
  readonly signature?: { readonly definition?: string };
}
export type SyntaxPair = readonly [SyntaxNode, SyntaxNode];
export interface SyntaxStage {
  readonly type: string;
  readonly expr?: SyntaxNode;
  readonly value?: unknown;
}

/** Left side of an operator, or nothing where `lhs` holds the pairs of an object constructor. */
export function leftOf(node: SyntaxNode): SyntaxNode | undefined {
  return Array.isArray(node.lhs) ? undefined : (node.lhs as SyntaxNode | undefined);
}

export function pairsOf(node: SyntaxNode): readonly SyntaxPair[] {
  return Array.isArray(node.lhs) ? (node.lhs as readonly SyntaxPair[]) : [];
}

/** What filters a node's values: predicates on their own, or stages of a path's step. */
export function filtersOf(node: SyntaxNode): SyntaxNode[] {
  return [...(node.predicate ?? []), ...(node.stages ?? [])].flatMap((stage) => (stage.expr ? [stage.expr] : []));
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const single = [
    leftOf(node),
    node.rhs,
    node.procedure,
    node.body,
    node.expression,
    node.condition,
    node.then,
    node.else,
    node.pattern,
    node.update,
    node.delete,
  ];
  return [
    ...single.filter((child) => child !== undefined),
    ...(node.steps ?? []),
    ...(node.arguments ?? []),
    ...(node.expressions ?? []),
    ...filtersOf(node),
    ...[...pairsOf(node), ...(node.group?.lhs ?? [])].flat(),
    ...(node.terms ?? []).map((term) => term.expression),
  ];
}
