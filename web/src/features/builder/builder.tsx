import type { Agent, AgentDefinition, DefinitionProblem } from '@agentflow/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { toast } from 'sonner';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { draftQuery } from '@/features/agents/queries.ts';
import RefineDialog from '@/features/proposals/refine-dialog.tsx';
import { PublishDialog } from '@/features/publish/publish-dialog.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { openShortcuts, useShortcuts } from '@/lib/shortcuts.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { useMediaQuery } from '@/lib/use-media-query.ts';
import { AddMenu } from './add-menu.tsx';
import { BuilderContext, type BuilderServices, useBuilder } from './builder-context.ts';
import { type BuilderStore, hasUnread } from './builder-store.ts';
import { Canvas } from './canvas/canvas.tsx';
import { FIT_VIEW } from './canvas/fit-view.ts';
import { useBringIntoView } from './canvas/use-reveal.ts';
import { type CodeFormat, CodeView } from './code/code-view.tsx';
import { ConnectionsDialog } from './connections-dialog.tsx';
import { nodeAt } from './draft/keys.ts';
import type { Position } from './draft/layout.ts';
import { GRID, NODE_WIDTH, nodeLabel } from './draft/node-facts.ts';
import { edgeOf, isDrawn, nodeOf } from './draft/problems.ts';
import { DraftConflict } from './draft-conflict.tsx';
import { EmptyCanvas } from './empty-canvas.tsx';
import { NodeList } from './node-list.tsx';
import { type MenuRequest, NodeMenu } from './node-menu.tsx';
import { focusForm, NodePanel } from './node-panel.tsx';
import { Palette } from './palette.tsx';
import { ProblemsPanel } from './problems-panel.tsx';
import { BUILDER_SHORTCUTS } from './shortcuts.ts';
import { PinDialog } from './test-run/pin-dialog.tsx';
import { RunBar } from './test-run/run-bar.tsx';
import { RunFollower } from './test-run/run-follower.tsx';
import { createRunStore } from './test-run/run-store.ts';
import { storedPins, storePins } from './test-run/stored.ts';
import { TestDialog } from './test-run/test-dialog.tsx';
import { useKnownOutputs } from './test-run/use-node-outputs.ts';
import { useTestRuns } from './test-run/use-test-runs.ts';
import { createTestResults } from './tests/test-results.ts';
import { useTestCases } from './tests/use-test-cases.ts';
import { type BuilderMode, Toolbar } from './toolbar.tsx';
import { useAdding } from './use-adding.ts';
import { useAutosave } from './use-autosave.ts';
import { useClipboard } from './use-clipboard.ts';
import { useControlKey } from './use-control-key.ts';
import { useHistoryKeys } from './use-history-keys.ts';
import { usePageCommands } from './use-page-commands.tsx';
import { useValidation } from './use-problems.ts';

const KnowledgeView = lazy(() => import('./notes/knowledge-view.tsx'));
const TestsView = lazy(() => import('./tests/tests-view.tsx'));

interface BuilderProps {
  agent: Agent;
  store: BuilderStore;
  etag: string | null;
  /** The node to begin with. */
  node: string | undefined;
  /** The execution that the canvas shows. */
  run: string | undefined;
}

/** The builder of one agent. The store is made for it; everything that is drawn and saved follows the store. */
export function Builder(props: BuilderProps) {
  return (
    <ReactFlowProvider>
      <BuilderFrame {...props} />
    </ReactFlowProvider>
  );
}

function focusNode(key: string): void {
  document
    .querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(key)}"]`)
    ?.focus({ preventScroll: true });
}

function BuilderFrame({ agent, store, etag, node, run }: BuilderProps) {
  const mayWrite = useCan('agents:write');
  const readOnly = !mayWrite || agent.status === 'archived';
  const isPhone = useMediaQuery('(max-width: 767px)');
  const flow = useReactFlow();
  const root = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLElement>(null);
  const [mode, setMode] = useState<BuilderMode>(store.getState().unreadText === null ? 'canvas' : 'code');
  const [format, setFormat] = useState<CodeFormat>('files');
  const [leavingFor, setLeavingFor] = useState<{ mode: BuilderMode; format: CodeFormat } | null>(null);
  const [connectionsOf, setConnectionsOf] = useState<string | null>(null);
  const [publishing, setPublishing] = useState<Tagged<AgentDefinition> | null>(null);
  const [comparing, setComparing] = useState(false);
  const [refining, setRefining] = useState(false);
  const [said, setSaid] = useState('');
  const [menu, setMenu] = useState<MenuRequest | null>(null);
  const [pinning, setPinning] = useState<string | null>(null);
  const [runs] = useState(() =>
    createRunStore(storedPins(agent.id), (pins) => {
      if (!storePins(agent.id, pins))
        toast.error('This browser can’t keep the pin: it holds until the page is closed.');
    }),
  );
  const { request, openAdd, closeAdd } = useAdding();
  const queries = useQueryClient();
  const askServer = useValidation(agent.id, store);
  const autosave = useAutosave(agent.id, store, etag, (definition) => void askServer(definition));

  const saveNow = useCallback(
    async () => (await autosave().flush()) && !hasUnread(store.getState()),
    [autosave, store],
  );
  const { asking, stopAsking, test, start, showRun } = useTestRuns(agent.id, store, runs, saveNow);
  const clearRun = useCallback(() => showRun(undefined), [showRun]);
  useKnownOutputs(agent.id, runs);
  const [results] = useState(createTestResults);
  const testCases = useTestCases(agent.id, store, results, saveNow);

  useEffect(() => store.getState().setReadOnly(readOnly), [store, readOnly]);
  useEffect(
    () =>
      store.subscribe((state, before) => {
        // Whoever adds a node sets it up next.
        if (state.definition.nodes.length > before.definition.nodes.length) runs.getState().showTab('settings');
      }),
    [store, runs],
  );
  useEffect(() => void askServer(store.getState().definition), [store, askServer]);

  const announce = useCallback((words: string) => setSaid(words), []);
  const goToNode = useCallback(
    (key: string) => {
      store.getState().select({ nodes: new Set([key]) });
      // Once it is drawn, and the panel beside it.
      requestAnimationFrame(() => {
        focusNode(key);
        root.current?.dispatchEvent(new CustomEvent('builder:reveal', { detail: key }));
      });
    },
    [store],
  );
  const showNode = useCallback(
    (key: string) => {
      store.getState().select({ nodes: new Set([key]) });
      root.current?.dispatchEvent(new CustomEvent('builder:reveal', { detail: key }));
    },
    [store],
  );
  const goToForm = useCallback(() => {
    // Drawn before its field is looked for.
    flushSync(() => runs.getState().showTab('settings'));
    requestAnimationFrame(focusForm);
  }, [runs]);
  const goToProblem = useCallback(
    (problem: DefinitionProblem) => {
      const { definition, select, jumpTo } = store.getState();
      const { path, field } = problem;
      const node = nodeOf(problem, definition);
      const edge = edgeOf(problem, definition);
      const [place = ''] = path.split('.');
      if (place === 'knowledge' || place === 'tests') setMode(place);
      else if (node !== undefined && mode !== 'code') {
        flushSync(() => setMode('canvas'));
        root.current?.dispatchEvent(new CustomEvent('builder:reveal', { detail: node }));
        jumpTo({ path, node, field });
      } else if (edge !== null && mode !== 'code' && isDrawn(edge.edge, definition)) {
        flushSync(() => setMode('canvas'));
        select({ edges: new Set([edge.key]) });
        root.current?.dispatchEvent(new CustomEvent('builder:reveal', { detail: edge.edge.target }));
      } else if (path !== 'nodes') {
        // What the canvas can't show stands in the JSON.
        setMode('code');
        jumpTo({ path, node });
      }
    },
    [store, mode],
  );
  useEffect(() => {
    if (node !== undefined && nodeAt(store.getState().definition, node) !== undefined) goToNode(node);
  }, [store, node, goToNode]);
  const refine = useCallback(async () => {
    if (await saveNow()) setRefining(true);
    else toast.error('The draft is not saved yet. Save it first.');
  }, [saveNow]);
  const services = useMemo<BuilderServices>(
    () => ({
      store,
      openAdd,
      openConnections: setConnectionsOf,
      announce,
      goToNode,
      goToProblem,
      goToForm,
      readOnly,
      runs,
      test: readOnly ? null : test,
      showNode,
      openPin: setPinning,
      openMenu: setMenu,
      refine: readOnly ? null : () => void refine(),
    }),
    [store, openAdd, announce, goToNode, goToProblem, goToForm, showNode, runs, test, readOnly, refine],
  );

  const centre = useCallback((): Position | undefined => {
    const box = frame.current?.getBoundingClientRect();
    if (box === undefined) return undefined;
    const at = flow.screenToFlowPosition({ x: box.left + box.width / 2, y: box.top + box.height / 2 });
    return { x: at.x - NODE_WIDTH / 2, y: at.y - GRID * 2 };
  }, [flow]);
  const addNode = useCallback(
    (type: string) => {
      const { addNode: add, selection } = store.getState();
      const [selected, ...further] = selection.nodes;
      const beside = selected !== undefined && further.length === 0;
      goToNode(add(type, beside ? { link: { kind: 'after', node: selected } } : { at: centre() }));
    },
    [store, centre, goToNode],
  );
  const placeForPaste = useCallback(
    (count: number) => (count > 0 && mode === 'canvas' ? centre() : undefined),
    [centre, mode],
  );
  useClipboard(root, services, placeForPaste);
  usePageCommands(services, addNode);

  const goTo = (to: { mode: BuilderMode; format: CodeFormat }) => {
    setMode(to.mode);
    setFormat(to.format);
  };
  const changeMode = (next: BuilderMode, as: CodeFormat = format) => {
    const stays = next === mode && as === format;
    if (!stays && hasUnread(store.getState())) setLeavingFor({ mode: next, format: as });
    else goTo({ mode: next, format: as });
  };
  const publish = () => {
    const stored = queries.getQueryData(draftQuery(agent.id).queryKey);
    if (stored !== undefined) setPublishing(stored);
  };
  useHistoryKeys(root, store);
  useShortcuts(BUILDER_SHORTCUTS);
  useControlKey('Enter', test === null || readOnly ? null : () => test({ kind: 'all' }));
  useControlKey('i', services.refine);
  const dirty = () => store.getState().save.kind !== 'saved' || hasUnread(store.getState());
  return (
    <BuilderContext value={services}>
      <div ref={root} className="flex min-h-0 flex-1 flex-col">
        <Toolbar
          agent={agent}
          mode={mode}
          onMode={(next) => changeMode(next)}
          onFlush={saveNow}
          onPublish={publish}
          onResolve={() => setComparing(true)}
          onShortcuts={openShortcuts}
          onAutoLayout={() => {
            store.getState().autoLayout();
            requestAnimationFrame(() => void flow.fitView(FIT_VIEW));
          }}
        />
        <div className="flex min-h-0 flex-1">
          {mode === 'code' ? (
            <CodeView format={format} onFormat={(next) => changeMode('code', next)} />
          ) : mode === 'knowledge' || mode === 'tests' ? (
            <Suspense fallback={<RoutePending />}>
              {mode === 'knowledge' ? (
                <KnowledgeView />
              ) : (
                <TestsView
                  results={results}
                  onRun={services.test === null ? null : testCases.runOne}
                  onRunAll={testCases.runAll}
                />
              )}
            </Suspense>
          ) : isPhone ? (
            <NodeList />
          ) : (
            <>
              <Palette onAdd={addNode} />
              <div className="relative flex min-w-0 flex-1">
                <Canvas frame={frame} />
                <EmptyCanvas onAdd={addNode} />
                <Revealer root={root} frame={frame} />
              </div>
              <SelectedNode />
            </>
          )}
        </div>
        {run !== undefined && <RunFollower key={run} agentId={agent.id} runId={run} onClear={clearRun} />}
        <RunBar onClear={clearRun} />
        <ProblemsPanel />
      </div>
      <p role="status" className="sr-only">
        {said}
      </p>
      {request !== null && (
        <AddMenu
          request={request}
          onClose={closeAdd}
          onChoose={(type) => {
            closeAdd();
            const { at, link } = request;
            const place = at ?? (link === undefined ? centre() : undefined);
            goToNode(store.getState().addNode(type, { at: place, link }));
          }}
        />
      )}
      {connectionsOf !== null && <ConnectionsDialog node={connectionsOf} onClose={() => setConnectionsOf(null)} />}
      {menu !== null && <NodeMenu key={menu.node} request={menu} onClose={() => setMenu(null)} />}
      {pinning !== null && <PinDialog node={pinning} onClose={() => setPinning(null)} />}
      {asking !== null && (
        <TestDialog agent={agent} scope={asking.scope} failed={asking.error} onStart={start} onClose={stopAsking} />
      )}
      {publishing !== null && (
        <PublishDialog
          agent={agent}
          draft={publishing}
          onJump={(problem) => {
            setPublishing(null);
            // Once the dialog has given the focus back.
            requestAnimationFrame(() => goToProblem(problem));
          }}
          onClose={() => setPublishing(null)}
        />
      )}
      {refining && <Refine agent={agent} onClose={() => setRefining(false)} />}
      <DraftConflict
        agentId={agent.id}
        store={store}
        comparing={comparing}
        onComparing={setComparing}
        onKeepMine={(theirs) => autosave().overwrite(theirs)}
        onTakeTheirs={(theirs) => {
          store.getState().replace(theirs.value);
          autosave().adopt(theirs.etag);
          queries.setQueryData(draftQuery(agent.id).queryKey, theirs);
        }}
      />
      <ConfirmDialog
        open={leavingFor !== null}
        onOpenChange={() => setLeavingFor(null)}
        title="Drop this text?"
        description="What is typed can’t be read as a draft yet. The draft is the last version that could, and the text is lost."
        confirmLabel="Drop the text"
        danger
        onConfirm={() => {
          store.getState().setUnreadText(null);
          store.getState().setUnreadFiles(null);
          if (leavingFor !== null) goTo(leavingFor);
          setLeavingFor(null);
        }}
      />
      <LeaveGuard
        dirty={dirty}
        save={saveNow}
        description="The last changes to the draft are not saved and will be lost."
      />
    </BuilderContext>
  );
}

/** Asks for changes of the draft; what is selected is what the words are about. */
function Refine({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const definition = useBuilder((builder) => builder.definition);
  const selected = useBuilder((builder) => builder.selection.nodes);
  const nodes = [...selected].flatMap((key) => {
    const node = nodeAt(definition, key);
    return node === undefined ? [] : [{ id: node.id, name: nodeLabel(node) }];
  });
  return <RefineDialog agent={agent} nodes={nodes} onClose={onClose} />;
}

function SelectedNode() {
  const selection = useBuilder((builder) => builder.selection);
  const [only, ...further] = selection.nodes;
  return only === undefined || further.length > 0 ? null : <NodePanel node={only} />;
}

/** Brings into view what is asked for, with the canvas as large as it is then. */
function Revealer({ root, frame }: Record<'root' | 'frame', React.RefObject<HTMLElement | null>>) {
  const bringIntoView = useBringIntoView(frame);
  useEffect(() => {
    const element = root.current;
    const onReveal = (event: Event) => {
      const { detail } = event as CustomEvent<string>;
      requestAnimationFrame(() => bringIntoView(detail));
    };
    element?.addEventListener('builder:reveal', onReveal);
    return () => element?.removeEventListener('builder:reveal', onReveal);
  }, [root, bringIntoView]);
  return null;
}
