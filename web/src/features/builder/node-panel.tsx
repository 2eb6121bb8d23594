import { NODE_ID_PATTERN, nodeType, RESERVED_NODE_IDS } from '@agentflow/contracts';
import { Cable, Copy, Ellipsis, Trash2, X } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { NodeForm } from '@/features/node-form/node-form.tsx';
import { useBuilder, useBuilderServices, useRuns } from './builder-context.ts';
import { nodeAt } from './draft/keys.ts';
import { nodeKind, nodeLabel } from './draft/node-facts.ts';
import { LastRunTab } from './test-run/last-run-tab.tsx';
import type { NodeTab } from './test-run/run-store.ts';
import { useNodeOutputs } from './test-run/use-node-outputs.ts';

const WIDTH_KEY = 'agentflow.builder.panel';
const [NARROWEST, WIDEST] = [320, 720];

function storedWidth(): number {
  try {
    const stored = Number(localStorage.getItem(WIDTH_KEY));
    return stored >= NARROWEST && stored <= WIDEST ? stored : 400;
  } catch {
    return 400;
  }
}

/** Beside the canvas, as wide as one likes. */
export function NodePanel({ node }: { node: string }) {
  const [width, setWidth] = useState(storedWidth);
  const { goToNode } = useBuilderServices();
  const resize = (next: number) => {
    const kept = Math.min(WIDEST, Math.max(NARROWEST, next));
    setWidth(kept);
    try {
      localStorage.setItem(WIDTH_KEY, String(kept));
    } catch {
      // Storage is blocked: the width holds until the page is closed.
    }
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const from = event.clientX + width;
    const bar = event.currentTarget;
    bar.setPointerCapture(event.pointerId);
    const onMove = (move: globalThis.PointerEvent) => resize(from - move.clientX);
    bar.addEventListener('pointermove', onMove);
    bar.addEventListener('lostpointercapture', () => bar.removeEventListener('pointermove', onMove), { once: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    goToNode(node);
  };
  return (
    <aside
      aria-label="Node"
      data-builder-form
      className="relative flex max-w-[60%] shrink-0 flex-col border-line border-l bg-surface"
      style={{ width }}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a rule can't be moved */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the panel"
        aria-valuenow={width}
        aria-valuemin={NARROWEST}
        aria-valuemax={WIDEST}
        tabIndex={0}
        onPointerDown={onPointerDown}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') resize(width + 20);
          else if (event.key === 'ArrowRight') resize(width - 20);
        }}
        className="absolute inset-y-0 -left-1 z-10 w-2 cursor-col-resize touch-none hover:bg-accent/30 focus-visible:bg-accent/40 focus-visible:outline-none"
      />
      <NodeEditor key={node} node={node} />
    </aside>
  );
}

/** Everything about one node: what it is called, and what it does. */
export function NodeEditor({ node: key, onClose }: { node: string; onClose?: () => void }) {
  const { store, runs, openConnections, openMenu, readOnly } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const problems = useBuilder((builder) => builder.problems);
  const jump = useBuilder((builder) => builder.jump);
  const lastOutputs = useNodeOutputs();
  const tab = useRuns((run) => run.tab);
  const body = useRef<HTMLDivElement>(null);
  const node = nodeAt(definition, key);

  useEffect(() => {
    if (jump === null || jump.node !== key) return;
    const form = body.current;
    // The form is there once its tab is.
    if (tab !== 'settings' || form === null) {
      runs.getState().showTab('settings');
      return;
    }
    store.getState().jumpTo(null);
    return focusField(form, jump.field);
  }, [jump, key, store, runs, tab]);

  if (node === undefined) return null;
  return (
    <>
      <header className="flex items-center gap-2.5 border-line border-b py-2 pr-2 pl-4">
        <NodeIcon type={node.type} />
        <div className="min-w-0 flex-1">
          <h2 className="truncate font-semibold text-sm">{nodeLabel(node)}</h2>
          <p className="truncate text-faint text-xs">{nodeKind(node)}</p>
        </div>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label="Connections"
          title="Connections (C)"
          onClick={() => openConnections(key)}
        >
          <Cable aria-hidden="true" />
        </Button>
        {!readOnly && (
          <>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label="Duplicate"
              title="Duplicate"
              onClick={() => {
                store.getState().select({ nodes: new Set([key]) });
                store.getState().duplicate();
              }}
            >
              <Copy aria-hidden="true" />
            </Button>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label="Delete"
              title="Delete"
              onClick={() => {
                onClose?.();
                store.getState().remove({ nodes: [key] });
              }}
            >
              <Trash2 aria-hidden="true" />
            </Button>
          </>
        )}
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label="More for this node"
          title="More"
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            openMenu({ at: { x: box.left, y: box.bottom }, node: key });
          }}
        >
          <Ellipsis aria-hidden="true" />
        </Button>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label="Close"
          onClick={() => (onClose === undefined ? store.getState().select({}) : onClose())}
        >
          <X aria-hidden="true" />
        </Button>
      </header>
      <Tabs
        value={tab}
        onValueChange={(next) => runs.getState().showTab(next as NodeTab)}
        className="flex min-h-0 flex-1 flex-col"
      >
        <TabsList aria-label="Of the node" className="shrink-0 px-4">
          <TabsTrigger value="settings">Settings</TabsTrigger>
          <TabsTrigger value="run">
            Last run <RunMark nodeId={node.id} />
          </TabsTrigger>
        </TabsList>
        <TabsContent value="settings" className="min-h-0 flex-1 overflow-y-auto">
          <div ref={body} className="flex flex-col gap-4 p-4">
            <NodeForm
              definition={definition}
              node={node}
              problems={problems}
              lastOutputs={lastOutputs}
              onChange={(edited) => store.getState().setNode(key, edited)}
              readOnly={readOnly}
            />
            {nodeType(node.type)?.category !== 'trigger' && <IdField node={key} id={node.id} />}
          </div>
        </TabsContent>
        <TabsContent value="run" className="min-h-0 flex-1 overflow-y-auto p-4">
          <LastRunTab nodeKey={key} node={node} />
        </TabsContent>
      </Tabs>
    </>
  );
}

/** How the node fared, beside the name of the tab that tells more. */
function RunMark({ nodeId }: { nodeId: string }) {
  const run = useRuns((state) => state.nodes.get(nodeId));
  if (run === undefined) return null;
  return (
    <>
      <StatusIcon status={run.status} className="size-3.5" />
      <span className="sr-only">{statusWord(run.status)}</span>
    </>
  );
}

const TEXT = 'input:not([type="hidden"]), textarea, [contenteditable="true"]';
const FOCUSABLE = `${TEXT}, button, [tabindex="0"]`;

/** Puts the focus on a field, as soon as its editor is loaded. Gives back what stops waiting for it. */
function focusField(form: HTMLElement, field: string | undefined): (() => void) | undefined {
  const parts = field?.split('.') ?? [];
  const paths = parts.map((_, index) => parts.slice(0, parts.length - index).join('.'));
  const holder =
    paths.map((path) => form.querySelector(`[data-field="${CSS.escape(path)}"]`)).find((each) => each !== null) ?? form;
  holder.scrollIntoView({ block: 'nearest' });
  const place = holder.querySelector<HTMLElement>(TEXT);
  (place ?? holder.querySelector<HTMLElement>(FOCUSABLE))?.focus();
  if (place !== null) return undefined;
  const observer = new MutationObserver(() => {
    const late = holder.querySelector<HTMLElement>(TEXT);
    if (late === null) return;
    observer.disconnect();
    late.focus();
  });
  observer.observe(holder, { childList: true, subtree: true });
  return () => observer.disconnect();
}

/** Puts the focus into the form that is shown, if there is one. */
export function focusForm(): void {
  document.querySelector<HTMLElement>(`[data-builder-form] :is(${TEXT})`)?.focus();
}

function IdField({ node, id }: { node: string; id: string }) {
  const { store, runs, readOnly } = useBuilderServices();
  const [typed, setTyped] = useState<string | null>(null);
  const wanted = typed ?? id;
  const taken = () => store.getState().definition.nodes.some((each) => each.id === wanted && wanted !== id);
  const problem =
    wanted === id
      ? undefined
      : taken()
        ? 'Another node is called that already'
        : RESERVED_NODE_IDS.includes(wanted)
          ? 'This has a meaning in expressions: take another id'
          : NODE_ID_PATTERN.test(wanted)
            ? undefined
            : 'Lower-case letters, digits and _, a letter first';
  const rename = () => {
    if (problem !== undefined) return;
    setTyped(null);
    if (wanted === id) return;
    store.getState().renameNode(node, wanted);
    runs.getState().rename(id, wanted);
  };
  return (
    <Field
      label="Id"
      error={problem}
      help={
        <>
          Expressions read it as <code className="font-mono">{`{{${id}.output}}`}</code>. Those that do follow a new id.
        </>
      }
    >
      {(control) => (
        <Input
          {...control}
          className="font-mono text-xs"
          value={wanted}
          readOnly={readOnly}
          maxLength={63}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
          onBlur={rename}
          onKeyDown={(event) => {
            if (event.key === 'Enter') rename();
            else if (event.key === 'Escape' && typed !== null) {
              event.preventDefault();
              setTyped(null);
            }
          }}
        />
      )}
    </Field>
  );
}
