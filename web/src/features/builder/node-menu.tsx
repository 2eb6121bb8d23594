import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalDistributeCenter,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalDistributeCenter,
  Bot,
  Cable,
  Copy,
  type LucideIcon,
  PencilLine,
  Pin,
  PinOff,
  Play,
  SlidersHorizontal,
  StepForward,
  Trash2,
} from 'lucide-react';
import { useRef } from 'react';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { useBuilder, useBuilderServices } from './builder-context.ts';
import { ALIGNMENTS, type Alignment } from './draft/align.ts';
import { isTrigger } from './draft/exits.ts';
import { nodeAt } from './draft/keys.ts';
import type { Position } from './draft/layout.ts';
import { nodeLabel } from './draft/node-facts.ts';
import { useNodeActions } from './test-run/use-node-actions.ts';
import { useOpenAgent } from './use-open-agent.ts';

export interface MenuRequest {
  /** Point of the screen. */
  readonly at: Position;
  readonly node: string;
}

export const ALIGNMENT_ICONS: Record<Alignment, LucideIcon> = {
  left: AlignStartVertical,
  centre: AlignCenterVertical,
  right: AlignEndVertical,
  top: AlignStartHorizontal,
  middle: AlignCenterHorizontal,
  bottom: AlignEndHorizontal,
  across: AlignHorizontalDistributeCenter,
  down: AlignVerticalDistributeCenter,
};

/** What can be done with the node under the pointer, or with all selected nodes where it is one of several. */
export function NodeMenu({ request, onClose }: { request: MenuRequest; onClose: () => void }) {
  const { goToNode } = useBuilderServices();
  const several = useBuilder(
    (builder) => builder.selection.nodes.has(request.node) && builder.selection.nodes.size > 1,
  );
  const name = useBuilder((builder) => {
    const node = nodeAt(builder.definition, request.node);
    return node === undefined ? 'the node' : nodeLabel(node);
  });
  // A dialog that an entry opened takes the focus itself.
  const chosen = useRef(false);
  return (
    <DropdownMenu open onOpenChange={(open) => !open && onClose()}>
      <DropdownMenuTrigger asChild>
        <button
          type="button"
          tabIndex={-1}
          aria-label={several ? 'Selected nodes' : `What can be done with ${name}`}
          className="pointer-events-none fixed size-0"
          style={{ left: request.at.x, top: request.at.y }}
        />
      </DropdownMenuTrigger>
      <DropdownMenuContent
        align="start"
        className="min-w-56"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          if (!chosen.current && !several) goToNode(request.node);
        }}
        onClick={() => {
          chosen.current = true;
        }}
      >
        {several ? <OfSeveral /> : <OfOne node={request.node} />}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

function Keys({ children }: { children: string }) {
  return (
    <span className="ml-auto pl-4">
      <Kbd>{children}</Kbd>
    </span>
  );
}

function OfOne({ node: key }: { node: string }) {
  const { store, goToForm, openConnections, test, runs, readOnly } = useBuilderServices();
  const node = useBuilder((builder) => nodeAt(builder.definition, key));
  const { only, from, pinLast, editPin, unpin, whyNot } = useNodeActions(key);
  const openAgent = useOpenAgent(node);
  if (node === undefined) return null;
  const select = () => store.getState().select({ nodes: new Set([key]) });
  return (
    <>
      <DropdownMenuItem
        onSelect={() => {
          select();
          runs.getState().showTab('settings');
          goToForm();
        }}
      >
        <SlidersHorizontal aria-hidden="true" /> Settings <Keys>Enter</Keys>
      </DropdownMenuItem>
      {openAgent !== null && (
        <DropdownMenuItem onSelect={openAgent}>
          <Bot aria-hidden="true" /> Open its agent
        </DropdownMenuItem>
      )}
      {test !== null && (
        <>
          <DropdownMenuSeparator />
          {!isTrigger(node.type) && (
            <>
              <DropdownMenuItem disabled={whyNot !== null} onSelect={only}>
                <Play aria-hidden="true" /> Run only this node
              </DropdownMenuItem>
              <DropdownMenuItem disabled={whyNot !== null} onSelect={from}>
                <StepForward aria-hidden="true" /> Run from here
              </DropdownMenuItem>
            </>
          )}
          {unpin !== null ? (
            <DropdownMenuItem onSelect={unpin}>
              <PinOff aria-hidden="true" /> Unpin
            </DropdownMenuItem>
          ) : (
            pinLast !== null && (
              <DropdownMenuItem disabled={whyNot !== null} onSelect={pinLast}>
                <Pin aria-hidden="true" /> Pin its last output
              </DropdownMenuItem>
            )
          )}
          <DropdownMenuItem disabled={whyNot !== null} onSelect={editPin}>
            <PencilLine aria-hidden="true" /> {unpin === null ? 'Pin an output…' : 'Edit the pin…'}
          </DropdownMenuItem>
        </>
      )}
      <DropdownMenuSeparator />
      <DropdownMenuItem onSelect={() => openConnections(key)}>
        <Cable aria-hidden="true" /> Connections <Keys>C</Keys>
      </DropdownMenuItem>
      {!readOnly && (
        <>
          <DropdownMenuItem
            onSelect={() => {
              select();
              store.getState().duplicate();
            }}
          >
            <Copy aria-hidden="true" /> Duplicate
          </DropdownMenuItem>
          <DropdownMenuItem danger onSelect={() => store.getState().remove({ nodes: [key] })}>
            <Trash2 aria-hidden="true" /> Delete <Keys>Del</Keys>
          </DropdownMenuItem>
        </>
      )}
    </>
  );
}

function OfSeveral() {
  const { store, readOnly } = useBuilderServices();
  if (readOnly) return <DropdownMenuItem disabled>Nothing can be changed here</DropdownMenuItem>;
  return (
    <>
      {ALIGNMENTS.map(({ how, title, keys }, index) => {
        const Icon = ALIGNMENT_ICONS[how];
        return (
          <div key={how}>
            {index > 0 && index % 3 === 0 && <DropdownMenuSeparator />}
            <DropdownMenuItem onSelect={() => store.getState().align(how)}>
              <Icon aria-hidden="true" /> {title} <Keys>{keys}</Keys>
            </DropdownMenuItem>
          </div>
        );
      })}
      <DropdownMenuSeparator />
      <DropdownMenuItem onSelect={() => store.getState().duplicate()}>
        <Copy aria-hidden="true" /> Duplicate
      </DropdownMenuItem>
      <DropdownMenuItem danger onSelect={() => store.getState().remove(store.getState().selection)}>
        <Trash2 aria-hidden="true" /> Delete <Keys>Del</Keys>
      </DropdownMenuItem>
    </>
  );
}
