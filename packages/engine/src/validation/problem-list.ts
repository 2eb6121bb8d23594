import type { DefinitionProblem } from '@agentflow/contracts';

const MAX_PROBLEMS = 500;

export type NodeProblem = Pick<DefinitionProblem, 'code' | 'message'> & { readonly severity?: 'error' | 'warning' };

/** Where checks of nodes tell what is wrong. */
export interface ProblemSink {
  /** `field` is dotted and relative to the node's config unless it is one of the node's own. */
  node(place: { readonly index: number; readonly id: string }, field: string, problem: NodeProblem): void;
}

/** Collects problems, at most 500: a broken import must not answer with megabytes. */
export class ProblemList implements ProblemSink {
  readonly problems: DefinitionProblem[] = [];

  add(problem: DefinitionProblem): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }

  node(place: { readonly index: number; readonly id: string }, field: string, problem: NodeProblem): void {
    const own = field === 'id' || field === 'type';
    const base = `nodes.${place.index}`;
    const path = field === '' ? base : own ? `${base}.${field}` : `${base}.config.${field}`;
    this.add({ severity: 'error', ...problem, path, node_id: place.id, ...(field === '' ? {} : { field }) });
  }

  edge(
    place: { readonly index: number; readonly id: string },
    field: string,
    problem: Pick<DefinitionProblem, 'code' | 'message'>,
  ): void {
    const path = `edges.${place.index}.${field}`;
    this.add({ severity: 'error', ...problem, path, edge_id: place.id, field });
  }
}
