import type { AgentDefinition, AgentNode, DefinitionProblem } from '@agentflow/contracts';
import { ArrowRight, CircleAlert, CornerDownRight } from 'lucide-react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { nodesInOrder } from '@/features/agents/definition-order.ts';
import { cn } from '@/lib/class-names.ts';
import { RunBadge } from './canvas/run-badge.tsx';
import { exitOf, exitTitle } from './draft/exits.ts';
import { nodeKind, nodeLabel } from './draft/node-facts.ts';
import type { NodeRun } from './test-run/run-view.ts';

interface NodeCardsProps {
  definition: AgentDefinition;
  problems: readonly DefinitionProblem[];
  /** How nodes fared in the run that is shown, by id. */
  runs: ReadonlyMap<string, NodeRun>;
  onSelect: (nodeId: string) => void;
}

/** The graph as a list: every node in the order in which it runs, with where each of its exits leads. */
export function NodeCards({ definition, problems, runs, onSelect }: NodeCardsProps) {
  const ordered = nodesInOrder(definition);
  const names = new Map(definition.nodes.map((node) => [node.id, nodeLabel(node)]));
  return (
    <ol className="flex flex-col gap-2">
      {ordered.map(({ node, outgoing }) => {
        const wrong = problems.filter((each) => each.node_id === node.id);
        const run = runs.get(node.id);
        return (
          <li key={node.id}>
            <button
              type="button"
              onClick={() => onSelect(node.id)}
              className={cn(
                'flex w-full gap-3 rounded-lg border border-line bg-surface px-3 py-2.5 text-left shadow-card transition-colors duration-100 hover:border-line-strong hover:bg-hover',
                wrong.length > 0 && 'border-failed-solid/50',
              )}
            >
              <NodeIcon type={node.type} />
              <span className="min-w-0 flex-1">
                <span className="flex min-w-0 items-baseline gap-2">
                  <span className="truncate font-medium text-text">{nodeLabel(node)}</span>
                  <code className="shrink-0 font-mono text-2xs text-faint">{node.id}</code>
                  {run !== undefined && (
                    <span className="ml-auto shrink-0 self-center">
                      <RunBadge run={run} />
                    </span>
                  )}
                </span>
                <span className="block truncate text-faint text-xs">
                  {nodeKind(node)}
                  {gist(node) !== '' && ` · ${gist(node)}`}
                </span>
                {outgoing.length > 0 && (
                  <span className="mt-1.5 flex flex-wrap gap-x-3 gap-y-0.5 text-soft text-xs">
                    {outgoing.map((edge) => (
                      <span key={edge.id} className="inline-flex min-w-0 items-center gap-1">
                        {exitTitle(node, exitOf(edge)) === null ? (
                          <CornerDownRight className="size-3 shrink-0 text-faint" aria-label="leads to" />
                        ) : (
                          <>
                            <span className="rounded-sm bg-sunken px-1 text-2xs text-faint dark:bg-hover">
                              {exitTitle(node, exitOf(edge))}
                            </span>
                            <ArrowRight className="size-3 shrink-0 text-faint" aria-label="leads to" />
                          </>
                        )}
                        <span className="truncate">{names.get(edge.target) ?? edge.target}</span>
                      </span>
                    ))}
                  </span>
                )}
                {wrong.map((problem) => (
                  <span
                    key={problem.path + problem.message}
                    className="mt-1.5 flex items-start gap-1.5 text-failed text-xs"
                  >
                    <CircleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
                    {problem.message}
                  </span>
                ))}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** The one thing of its config that tells the most. */
function gist(node: AgentNode): string {
  const { model, url, method, expression, value, labels } = node.config;
  if (typeof url === 'string') return `${typeof method === 'string' ? `${method} ` : ''}${url}`;
  if (typeof model === 'string') return model + (Array.isArray(labels) ? `, ${labels.length} labels` : '');
  if (typeof expression === 'string') return expression.replace(/\s+/g, ' ').slice(0, 80);
  return typeof value === 'string' ? value : '';
}
