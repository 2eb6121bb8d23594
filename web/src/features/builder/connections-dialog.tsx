import { Command } from 'cmdk';
import { ArrowRight, Unplug } from 'lucide-react';
import { useId, useState } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody } from '@/components/ui/dialog.tsx';
import { Select } from '@/components/ui/select.tsx';
import { useBuilder, useBuilderServices } from './builder-context.ts';
import { nextExit } from './draft/commands.ts';
import { exitOf, exitsOf, exitTitle, whyNotConnect } from './draft/exits.ts';
import { edgeKeys, nodeAt, nodeKeys } from './draft/keys.ts';
import { nodeKind, nodeLabel } from './draft/node-facts.ts';

/** Where the exits of a node lead, to connect and disconnect without a mouse. */
export function ConnectionsDialog({ node: key, onClose }: { node: string; onClose: () => void }) {
  const { store, announce, openAdd, readOnly } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const node = nodeAt(definition, key);
  const [chosen, setChosen] = useState<string | null>(null);
  const exitLabel = useId();
  if (node === undefined) return null;
  const exits = exitsOf(node);
  const exit = exits.find(({ handle }) => handle === chosen)?.handle ?? nextExit(definition, node);
  const keys = edgeKeys(definition);
  const leading = definition.edges.flatMap((edge, index) =>
    edge.source === node.id ? [{ edge, key: keys[index] ?? edge.id }] : [],
  );
  const nodes = nodeKeys(definition);
  const targets =
    exit === null
      ? []
      : definition.nodes.flatMap((each, index) =>
          whyNotConnect(definition, { node, exit }, each) === null
            ? [{ node: each, key: nodes[index] ?? each.id }]
            : [],
        );
  const nameOf = (id: string) => {
    const target = definition.nodes.find((each) => each.id === id);
    return target === undefined ? `${id} (missing)` : nodeLabel(target);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Connections of ${nodeLabel(node)}`}
      description={exits.length === 0 ? 'It ends the execution: nothing can follow it.' : 'What runs after it.'}
      startInField
    >
      <DialogBody>
        {leading.length > 0 && (
          <ul aria-label="Leads to" className="divide-y divide-line rounded-lg border border-line">
            {leading.map(({ edge, key: edgeKey }) => (
              <li key={edgeKey} className="flex items-center gap-2 py-1 pr-1 pl-3 text-sm">
                {exitTitle(node, exitOf(edge)) !== null && (
                  <span className="rounded-sm bg-sunken px-1.5 text-soft text-xs dark:bg-hover">
                    {exitTitle(node, exitOf(edge))}
                  </span>
                )}
                <ArrowRight className="size-3.5 text-faint" aria-label="leads to" />
                <span className="min-w-0 flex-1 truncate">{nameOf(edge.target)}</span>
                {!readOnly && (
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Disconnect ${nameOf(edge.target)}`}
                    onClick={() => {
                      store.getState().remove({ edges: [edgeKey] });
                      announce(`${nameOf(edge.target)} disconnected`);
                    }}
                  >
                    <Unplug aria-hidden="true" />
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
        {exit !== null && !readOnly && (
          <>
            {exits.length > 1 && (
              <div className="flex items-center gap-3">
                <span id={exitLabel} className="font-medium text-sm">
                  Exit
                </span>
                <Select
                  label="Exit"
                  className="min-w-40"
                  value={exit}
                  onValueChange={setChosen}
                  options={exits.map(({ handle, title }) => ({ value: handle, label: title }))}
                />
              </div>
            )}
            <Command label="Connect to" className="overflow-hidden rounded-lg border border-line">
              <Command.Input
                placeholder="Connect to…"
                className="h-10 w-full border-line border-b bg-transparent px-3 text-sm text-text placeholder:text-faint focus-visible:outline-none"
              />
              <Command.List className="max-h-60 overflow-y-auto p-1">
                <Command.Empty className="px-3 py-4 text-center text-soft text-sm">
                  No node that it could lead to.
                </Command.Empty>
                {targets.map(({ node: target, key: targetKey }) => (
                  <Command.Item
                    key={targetKey}
                    value={`${nodeLabel(target)} ${targetKey}`}
                    onSelect={() => {
                      store.getState().connect(key, exit, targetKey);
                      announce(`Connected to ${nodeLabel(target)}`);
                      onClose();
                    }}
                    className={ITEM}
                  >
                    <NodeIcon type={target.type} className="size-6" />
                    <span className="min-w-0 flex-1 truncate">{nodeLabel(target)}</span>
                    <span className="text-faint text-xs">{nodeKind(target)}</span>
                  </Command.Item>
                ))}
                <Command.Item
                  value="add a new node"
                  forceMount
                  onSelect={() => {
                    onClose();
                    const box = document.querySelector(`[data-id="${CSS.escape(key)}"]`)?.getBoundingClientRect();
                    openAdd({
                      anchor: { x: box?.right ?? innerWidth / 2, y: box?.top ?? innerHeight / 3 },
                      link: { kind: 'after', node: key, exit },
                    });
                  }}
                  className={ITEM}
                >
                  <span className="flex size-6 items-center justify-center text-faint">+</span>A new node…
                </Command.Item>
              </Command.List>
            </Command>
          </>
        )}
      </DialogBody>
    </Dialog>
  );
}

const ITEM =
  'flex h-9 cursor-default select-none items-center gap-2.5 rounded-md px-2 text-sm text-text data-[selected=true]:bg-hover';
