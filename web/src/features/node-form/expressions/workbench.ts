import { createTextCheck, type NodeView, type Scope, type TextCheck, viewOf } from '@agentflow/engine';
import type { NodeFormContext } from '../form-context.ts';
import { previewScope } from './preview-scope.ts';
import { type Suggestion, suggestionsFor } from './suggestions.ts';

/** What all editors of one node share. */
export interface Workbench {
  readonly check: TextCheck;
  readonly scope: Scope;
  readonly suggestions: (bare: boolean, withResult: boolean) => readonly Suggestion[];
}

type Source = Pick<NodeFormContext, 'definition' | 'node' | 'lastOutputs' | 'envNames'>;

let last: { readonly source: Source; readonly workbench: Workbench } | undefined;

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function build(source: Source): Workbench {
  const { definition, node, lastOutputs, envNames } = source;
  const view: NodeView = viewOf(definition, node.id);
  const scope = previewScope(node, view, lastOutputs, envNames ?? []);
  const offered = (bare: boolean, withResult: boolean) =>
    lazily(() => suggestionsFor({ definition, node, view, scope, envNames: envNames ?? [], bare, withResult }));
  const kinds = { template: offered(false, false), bare: offered(true, false), mapping: offered(true, true) };
  return {
    check: createTextCheck(definition, node.id, envNames),
    scope,
    suggestions: (bare, withResult) => (withResult ? kinds.mapping() : bare ? kinds.bare() : kinds.template()),
  };
}

/** The workbench of a node; the last one is kept, since a form has many editors and a graph is long to read. */
export function workbenchFor(source: Source): Workbench {
  const known = last;
  if (
    known !== undefined &&
    known.source.definition === source.definition &&
    known.source.node === source.node &&
    known.source.lastOutputs === source.lastOutputs &&
    known.source.envNames === source.envNames
  ) {
    return known.workbench;
  }
  const workbench = build(source);
  const { definition, node, lastOutputs, envNames } = source;
  last = { source: { definition, node, lastOutputs, envNames }, workbench };
  return workbench;
}
