import type { AgentDefinition, JsonValue } from '@agentflow/contracts';
import type { BuilderServices } from '../builder-context.ts';
import { useBuilder, useBuilderServices, useRuns } from '../builder-context.ts';
import { nodeAt } from '../draft/keys.ts';
import { nodeLabel } from '../draft/node-facts.ts';
import { whyNotAlone } from './run-plan.ts';

export interface NodeActions {
  readonly only: () => void;
  readonly from: () => void;
  /** Pins what the node gave last; null where that is not known. */
  readonly pinLast: (() => void) | null;
  readonly editPin: () => void;
  /** Null where nothing is pinned. */
  readonly unpin: (() => void) | null;
  /** Why none of this can be done; null where it can. */
  readonly whyNot: string | null;
}

type Needed = Pick<BuilderServices, 'runs' | 'test' | 'openPin' | 'announce'>;

/** What tests can do with one node. `output` is what it gave last. */
export function nodeActions(
  { runs, test, openPin, announce }: Needed,
  definition: AgentDefinition,
  key: string,
  output: JsonValue | undefined,
  isPinned: boolean,
): NodeActions {
  const node = nodeAt(definition, key);
  const id = node?.id ?? key;
  const name = node === undefined ? key : nodeLabel(node);
  return {
    only: () => test?.({ kind: 'only', node: key }),
    from: () => test?.({ kind: 'from', node: key }),
    pinLast:
      output === undefined
        ? null
        : () => {
            runs.getState().pin(id, output);
            announce(`The output of ${name} is pinned`);
          },
    editPin: () => openPin(key),
    unpin: isPinned
      ? () => {
          runs.getState().unpin(id);
          announce(`${name} is not pinned any more`);
        }
      : null,
    whyNot: whyNotAlone(definition, key),
  };
}

export function useNodeActions(key: string): NodeActions {
  const services = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const id = nodeAt(definition, key)?.id ?? key;
  const output = useRuns((run) => run.outputs[id]);
  const isPinned = useRuns((run) => Object.hasOwn(run.pins, id));
  return nodeActions(services, definition, key, output, isPinned);
}
