import { FlaskConical, Sparkles } from 'lucide-react';
import { useEffect } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { offerCommands, type PageCommand, type PageCommandGroup } from '@/lib/page-commands.ts';
import type { BuilderServices } from './builder-context.ts';
import { ALIGNMENTS } from './draft/align.ts';
import { isTrigger } from './draft/exits.ts';
import { nodeAt, nodeKeys } from './draft/keys.ts';
import { nodeKind, nodeLabel } from './draft/node-facts.ts';
import { catalog } from './node-catalog.ts';
import { ALIGNMENT_ICONS } from './node-menu.tsx';
import { whyNotAlone } from './test-run/run-plan.ts';
import { nodeActions } from './test-run/use-node-actions.ts';

/** Tests of the draft, and of the selected node. */
function testCommands(services: BuilderServices): PageCommand[] {
  const { store, runs, test, openPin } = services;
  const { definition, selection } = store.getState();
  const [key, ...further] = selection.nodes;
  const node = key === undefined || further.length > 0 ? undefined : nodeAt(definition, key);
  const icon = <FlaskConical className="size-4 text-faint" aria-hidden="true" />;
  const all = { id: 'test', label: 'Test the draft', icon, run: () => test?.({ kind: 'all' }) };
  if (node === undefined || key === undefined || whyNotAlone(definition, key) !== null) return [all];
  const { outputs, pins } = runs.getState();
  const isPinned = Object.hasOwn(pins, node.id);
  const { only, from, pinLast, unpin } = nodeActions(services, definition, key, outputs[node.id], isPinned);
  const name = nodeLabel(node);
  return [
    all,
    ...(isTrigger(node.type)
      ? []
      : [
          { id: 'test only', label: `Run only ${name}`, icon, run: only },
          { id: 'test from', label: `Run from ${name}`, icon, run: from },
        ]),
    ...(unpin !== null
      ? [{ id: 'unpin', label: `Unpin ${name}`, icon, run: unpin }]
      : pinLast !== null
        ? [{ id: 'pin', label: `Pin the last output of ${name}`, icon, run: pinLast }]
        : []),
    { id: 'edit pin', label: `Pin an output of ${name}…`, icon, run: () => openPin(key) },
  ];
}

function refineCommands({ refine }: BuilderServices): PageCommandGroup[] {
  if (refine === null) return [];
  const icon = <Sparkles className="size-4 text-faint" aria-hidden="true" />;
  return [
    { heading: 'Refine', commands: [{ id: 'refine', label: 'Refine: say what should change', icon, run: refine }] },
  ];
}

/** Nothing while fewer than two nodes are selected. */
function alignCommands({ store }: BuilderServices): PageCommandGroup[] {
  if (store.getState().selection.nodes.size < 2) return [];
  const commands = ALIGNMENTS.map(({ how, title, keys }) => {
    const Icon = ALIGNMENT_ICONS[how];
    return {
      id: `align ${how}`,
      label: title,
      hint: keys,
      icon: <Icon className="size-4 text-faint" aria-hidden="true" />,
      run: () => store.getState().align(how),
    };
  });
  return [{ heading: 'Selected nodes', commands }];
}

/** In the command palette: every node of the draft, and every type that can be added to it. */
export function usePageCommands(services: BuilderServices, add: (type: string) => void): void {
  useEffect(
    () =>
      offerCommands(() => {
        const { store, goToNode, readOnly } = services;
        const { definition } = store.getState();
        const keys = nodeKeys(definition);
        const nodes = definition.nodes.map((node, index) => {
          const key = keys[index] ?? node.id;
          return {
            id: `node ${key}`,
            label: nodeLabel(node),
            hint: nodeKind(node),
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
          ...refineCommands(services),
          ...(readOnly ? [] : [{ heading: 'Test', commands: testCommands(services) }]),
          ...(readOnly ? [] : alignCommands(services)),
          { heading: 'Nodes of this agent', commands: nodes },
          ...(readOnly ? [] : [{ heading: 'Add a node', commands: additions }]),
        ];
      }),
    [services, add],
  );
}
