import type { DefinitionProblem } from '@agentflow/contracts';
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Builder, BuilderStore } from './builder-store.ts';
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
