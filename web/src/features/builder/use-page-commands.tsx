import { useEffect } from 'react';
import { NodeIcon, nodeTypeTitle } from '@/components/node-icon.tsx';
import { offerCommands } from '@/lib/page-commands.ts';
import type { BuilderServices } from './builder-context.ts';
import { nodeKeys } from './draft/keys.ts';
import { nodeLabel } from './draft/node-facts.ts';
import { catalog } from './node-catalog.ts';

/** In the command palette: every node of the draft, and every type that can be added to it. */
export function usePageCommands(
  { store, goToNode, readOnly }: Pick<BuilderServices, 'store' | 'goToNode' | 'readOnly'>,
  add: (type: string) => void,
): void {
  useEffect(
    () =>
      offerCommands(() => {
        const { definition } = store.getState();
        const keys = nodeKeys(definition);
        const nodes = definition.nodes.map((node, index) => {
          const key = keys[index] ?? node.id;
          return {
            id: `node ${key}`,
            label: nodeLabel(node),
            hint: nodeTypeTitle(node.type),
            icon: <NodeIcon type={node.type} className="size-6" />,
            run: () => goToNode(key),
          };
        });
        const types = catalog().flatMap((group) => group.types);
        const additions = types.map((type) => ({
          id: `add ${type.type}`,
          label: `Add ${type.title}`,
          hint: 'Node',
          icon: <NodeIcon type={type.type} className="size-6" />,
          run: () => add(type.type),
        }));
        return [
          { heading: 'Nodes of this agent', commands: nodes },
          ...(readOnly ? [] : [{ heading: 'Add a node', commands: additions }]),
        ];
      }),
    [store, goToNode, readOnly, add],
  );
}
