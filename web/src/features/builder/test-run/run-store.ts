import type { AgentDefinition, Execution, JsonValue } from '@agentflow/contracts';
import { createStore } from 'zustand/vanilla';
import type { ShownStep, StreamedText } from '../../executions/live-execution.ts';
import { type NodeRun, nodeRuns } from './run-view.ts';

type Outputs = Readonly<Record<string, JsonValue>>;
export type NodeTab = 'settings' | 'run';

/** What is known of the run that the canvas shows. */
export interface FollowedRun {
  readonly execution: Execution;
  readonly steps: readonly ShownStep[];
  readonly texts: ReadonlyMap<string, StreamedText>;
  /** Why it can't be followed live; null while it can. */
  readonly connection: 'connecting' | 'live' | 'reconnecting' | 'ended';
  readonly heardAt: number | null;
}

interface RunState {
  /** The execution on the canvas; null for none. */
  readonly run: FollowedRun | null;
  /** By node id. */
  readonly nodes: ReadonlyMap<string, NodeRun>;
  /** What nodes gave last, by node id, and the input as `trigger`. */
  readonly outputs: Outputs;
  /** Outputs that stand in for running their nodes, by node id. */
  readonly pins: Outputs;
  /** The draft that the run began with, where it was begun here. */
  readonly tested: { readonly runId: string; readonly definition: AgentDefinition } | null;
  /** What the panel of a node shows. */
  readonly tab: NodeTab;
  /** Of a node that ran several times, the step that its panel shows; null for the one that deserves the eye. */
  readonly step: string | null;
}

interface RunActions {
  follow: (run: FollowedRun, outputs: Outputs) => void;
  /** Takes in what nodes gave elsewhere. */
  learn: (outputs: Outputs) => void;
  begin: (runId: string, definition: AgentDefinition) => void;
  clear: () => void;
  pin: (nodeId: string, output: JsonValue) => void;
  unpin: (nodeId: string) => void;
  /** A node has another id now. */
  rename: (from: string, to: string) => void;
  showTab: (tab: NodeTab) => void;
  showStep: (step: string | null) => void;
}

export type RunStore = ReturnType<typeof createRunStore>;
export type Run = RunState & RunActions;

const NO_NODES: ReadonlyMap<string, NodeRun> = new Map();

/** The run that one open builder shows, and its pins. `keep` stores them. */
export function createRunStore(pins: Outputs, keep: (pins: Outputs) => void) {
  let taken: Outputs | null = null;
  return createStore<Run>()((set, get) => {
    const setPins = (next: Outputs) => {
      keep(next);
      set({ pins: next });
    };
    return {
      run: null,
      nodes: NO_NODES,
      outputs: {},
      pins,
      tested: null,
      tab: 'settings',
      step: null,

      follow(run, outputs) {
        const before = get();
        const same = before.run?.execution.id === run.execution.id;
        set({ run, nodes: nodeRuns(run.steps, same ? before.nodes : NO_NODES) });
        if (outputs !== taken) get().learn(outputs);
        taken = outputs;
      },
      learn(given) {
        const { outputs } = get();
        if (Object.entries(given).some(([id, value]) => outputs[id] !== value))
          set({ outputs: { ...outputs, ...given } });
      },
      begin: (runId, definition) => set({ tested: { runId, definition } }),
      clear: () => set({ run: null, nodes: NO_NODES, step: null }),
      pin: (nodeId, output) => setPins({ ...get().pins, [nodeId]: output }),
      unpin(nodeId) {
        const { [nodeId]: _, ...others } = get().pins;
        setPins(others);
      },
      rename(from, to) {
        const { pins: all, outputs } = get();
        const moved = (given: Outputs): Outputs => {
          const { [from]: value, ...others } = given;
          return value === undefined ? given : { ...others, [to]: value };
        };
        if (Object.hasOwn(all, from)) setPins(moved(all));
        set({ outputs: moved(outputs) });
      },
      showTab: (tab) => set({ tab }),
      showStep: (step) => set({ step, ...(step === null ? {} : { tab: 'run' as const }) }),
    };
  });
}
