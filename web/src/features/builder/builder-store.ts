import type { AgentFiles } from '@agentflow/agent-files';
import type { AgentDefinition, AgentNode, DefinitionProblem } from '@agentflow/contracts';
import { createStore } from 'zustand/vanilla';
import { type Alignment, align } from './draft/align.ts';
import type { SaveState } from './draft/autosave.ts';
import * as commands from './draft/commands.ts';
import { edgeKeys, nodeKeys } from './draft/keys.ts';
import type { Position } from './draft/layout.ts';

export interface Selection {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

/** A place in the draft that the form, or the JSON, is asked to show. Whoever shows it takes it. */
export interface Jump {
  /** Dotted, in the document. */
  readonly path: string;
  /** Key of the node, and the field of its config. */
  readonly node?: string | undefined;
  readonly field?: string | undefined;
}

interface BuilderState {
  /** The draft. Nodes on the canvas are made from it, never the other way round. */
  readonly definition: AgentDefinition;
  readonly past: readonly AgentDefinition[];
  readonly future: readonly AgentDefinition[];
  readonly selection: Selection;
  readonly save: SaveState;
  /** What is typed as JSON and can't be read as a definition yet; null when the text is that of the draft. */
  readonly unreadText: string | null;
  /** All files, where some can't be read as a draft yet; null when they are those of the draft. */
  readonly unreadFiles: AgentFiles | null;
  readonly jump: Jump | null;
  /** What is wrong with the draft; lags a moment behind it. */
  readonly problems: readonly DefinitionProblem[];
  /** Nothing changes the draft of who may only look at it. */
  readonly readOnly: boolean;
}

interface BuilderActions {
  /** Makes a change that can be undone. Changes of one group that follow each other closely are undone together. */
  change: (next: AgentDefinition, how?: { group?: string; select?: readonly string[] }) => void;
  undo: () => void;
  redo: () => void;
  select: (selection: Partial<Selection>) => void;
  selectAll: () => void;
  addNode: (type: string, where?: Parameters<typeof commands.addNode>[2]) => string;
  moveNodes: (places: ReadonlyMap<string, Position>) => void;
  nudge: (by: Position) => void;
  connect: (source: string, exit: string, target: string) => void;
  reconnect: (edge: string, ends: Parameters<typeof commands.reconnect>[2]) => void;
  remove: (what: { nodes?: Iterable<string>; edges?: Iterable<string> }) => void;
  setNode: (key: string, node: AgentNode) => void;
  renameNode: (key: string, id: string) => void;
  duplicate: () => void;
  insertPiece: (piece: commands.Piece, at?: Position) => void;
  autoLayout: () => void;
  /** Puts the selected nodes in line. */
  align: (how: Alignment) => void;
  /** Takes a document from elsewhere (JSON that was typed, somebody else's draft), as one change. */
  replace: (definition: AgentDefinition, group?: string) => void;
  setProblems: (problems: readonly DefinitionProblem[]) => void;
  setReadOnly: (readOnly: boolean) => void;
  setSave: (save: SaveState) => void;
  setUnreadText: (text: string | null) => void;
  setUnreadFiles: (files: AgentFiles | null) => void;
  jumpTo: (jump: Jump | null) => void;
}

export type BuilderStore = ReturnType<typeof createBuilderStore>;
export type Builder = BuilderState & BuilderActions;

/** Whether something is typed that is not part of the draft, and not saved, before it can be read. */
export function hasUnread({ unreadText, unreadFiles }: BuilderState): boolean {
  return unreadText !== null || unreadFiles !== null;
}

const NOTHING_UNREAD = { unreadText: null, unreadFiles: null };
const NOTHING: ReadonlySet<string> = new Set();
/** Changes of one group further apart than this are undone one by one. */
const GROUP_MS = 1000;
const MAX_PAST = 200;

/** The parts of a selection that a definition still has. */
function surviving(selection: Selection, definition: AgentDefinition): Selection {
  const [nodes, edges] = [new Set(nodeKeys(definition)), new Set(edgeKeys(definition))];
  const gone =
    [...selection.nodes].some((key) => !nodes.has(key)) || [...selection.edges].some((key) => !edges.has(key));
  if (!gone) return selection;
  return {
    nodes: new Set([...selection.nodes].filter((key) => nodes.has(key))),
    edges: new Set([...selection.edges].filter((key) => edges.has(key))),
  };
}

function sameKeys(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((key) => right.has(key));
}

/** The state of one open builder. `now` gives milliseconds, to tell what was typed in one go. */
export function createBuilderStore(definition: AgentDefinition, now: () => number = Date.now) {
  let lastGroup: string | undefined;
  let lastChange = 0;
  return createStore<Builder>()((set, get) => {
    const edit = (edited: commands.Edited, group?: string) =>
      get().change(edited.definition, { ...(group === undefined ? {} : { group }), select: edited.made });
    return {
      definition,
      past: [],
      future: [],
      selection: { nodes: NOTHING, edges: NOTHING },
      save: { kind: 'saved' },
      unreadText: null,
      unreadFiles: null,
      jump: null,
      problems: [],
      readOnly: false,

      change(next, { group, select } = {}) {
        const { definition: before, past, selection, readOnly } = get();
        if (next === before || readOnly) return;
        const at = now();
        const goesOn = group !== undefined && group === lastGroup && at - lastChange < GROUP_MS && past.length > 0;
        lastGroup = group;
        lastChange = at;
        set({
          definition: next,
          past: goesOn ? past : [...past.slice(1 - MAX_PAST), before],
          future: [],
          selection:
            select === undefined || select.length === 0
              ? surviving(selection, next)
              : { nodes: new Set(select), edges: NOTHING },
        });
      },
      undo() {
        const { definition: current, past, future, selection } = get();
        const before = past.at(-1);
        if (before === undefined) return;
        lastGroup = undefined;
        set({
          definition: before,
          past: past.slice(0, -1),
          future: [current, ...future],
          selection: surviving(selection, before),
          ...NOTHING_UNREAD,
        });
      },
      redo() {
        const { definition: current, past, future, selection } = get();
        const [next, ...rest] = future;
        if (next === undefined) return;
        lastGroup = undefined;
        set({
          definition: next,
          past: [...past, current],
          future: rest,
          selection: surviving(selection, next),
          ...NOTHING_UNREAD,
        });
      },
      select({ nodes = NOTHING, edges = NOTHING }) {
        const { selection } = get();
        if (sameKeys(selection.nodes, nodes) && sameKeys(selection.edges, edges)) return;
        lastGroup = undefined;
        set({ selection: { nodes, edges } });
      },
      selectAll() {
        get().select({ nodes: new Set(nodeKeys(get().definition)) });
      },
      addNode(type, where) {
        const edited = commands.addNode(get().definition, type, where);
        edit(edited);
        return edited.made[0] ?? '';
      },
      moveNodes: (places) => get().change(commands.moveNodes(get().definition, places)),
      nudge(by) {
        const keys = [...get().selection.nodes];
        get().change(commands.shiftNodes(get().definition, keys, by), { group: `nudge ${keys.join(' ')}` });
      },
      connect: (source, exit, target) => get().change(commands.connect(get().definition, source, exit, target)),
      reconnect: (edge, ends) => get().change(commands.reconnect(get().definition, edge, ends)),
      remove: (what) => get().change(commands.remove(get().definition, what)),
      setNode: (key, node) => get().change(commands.setNode(get().definition, key, node), { group: `node ${key}` }),
      renameNode: (key, id) => edit(commands.renameNode(get().definition, key, id)),
      duplicate: () => edit(commands.duplicate(get().definition, get().selection.nodes)),
      insertPiece: (piece, at) => edit(commands.insertPiece(get().definition, piece, at)),
      align: (how) => get().change(align(get().definition, get().selection.nodes, how)),
      autoLayout: () => get().change(commands.autoLayout(get().definition)),
      replace(next, group) {
        get().change(next, group === undefined ? {} : { group });
        set(NOTHING_UNREAD);
      },
      setProblems: (problems) => set({ problems }),
      setReadOnly: (readOnly) => set({ readOnly }),
      setSave: (save) => set({ save }),
      setUnreadText: (unreadText) => set({ unreadText }),
      setUnreadFiles: (unreadFiles) => set({ unreadFiles }),
      jumpTo(jump) {
        if (jump?.node !== undefined) get().select({ nodes: new Set([jump.node]) });
        set({ jump });
      },
    };
  });
}
