import type { DefinitionProblem } from '@agentflow/contracts';
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Builder, BuilderStore } from './builder-store.ts';
import type { MenuRequest } from './node-menu.tsx';
import type { RunScope } from './test-run/run-plan.ts';
import type { Run, RunStore } from './test-run/run-store.ts';
import type { AddRequest } from './use-adding.ts';

export interface BuilderServices {
  readonly store: BuilderStore;
  /** Opens the list of node types at a point of the screen. */
  readonly openAdd: (request: AddRequest) => void;
  /** Opens the connections of a node. */
  readonly openConnections: (node: string) => void;
  /** Tells those who can't see it what has happened. */
  readonly announce: (words: string) => void;
  /** Selects a node, brings it into view and puts the focus on it. */
  readonly goToNode: (node: string) => void;
  /** The same, and on to the field that the problem is about. */
  readonly goToProblem: (problem: DefinitionProblem) => void;
  /** Puts the focus into the form of the selected node. */
  readonly goToForm: () => void;
  readonly readOnly: boolean;
  /** The run that the canvas shows, and what is pinned. */
  readonly runs: RunStore;
  /** Begins a test; null for who may not. */
  readonly test: ((scope: RunScope) => void) | null;
  /** Selects a node and brings it into view; the focus stays where it is. */
  readonly showNode: (node: string) => void;
  /** Opens the dialog that pins an output of a node. */
  readonly openPin: (node: string) => void;
  /** Opens what can be done with a node, or with all that are selected, at a point of the screen. */
  readonly openMenu: (menu: MenuRequest) => void;
  /** Stores the draft and asks in words for changes of it; null for who may not. */
  readonly refine: (() => void) | null;
}

export const BuilderContext = createContext<BuilderServices | null>(null);

export function useBuilderServices(): BuilderServices {
  const services = useContext(BuilderContext);
  if (services === null) throw new Error('used outside of the builder');
  return services;
}

export function useBuilder<T>(selector: (builder: Builder) => T): T {
  return useStore(useBuilderServices().store, selector);
}

export function useRuns<T>(selector: (run: Run) => T): T {
  return useStore(useBuilderServices().runs, selector);
}
