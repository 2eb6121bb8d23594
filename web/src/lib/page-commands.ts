import type { ReactNode } from 'react';

/** Something that the open page lets one do from the command palette. */
export interface PageCommand {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly icon: ReactNode;
  readonly run: () => void;
}

export interface PageCommandGroup {
  readonly heading: string;
  readonly commands: readonly PageCommand[];
}

let source: (() => readonly PageCommandGroup[]) | null = null;

/** Offers commands for as long as a page is open; what this gives back takes them away again. */
export function offerCommands(commands: () => readonly PageCommandGroup[]): () => void {
  source = commands;
  return () => {
    if (source === commands) source = null;
  };
}

export function pageCommands(): readonly PageCommandGroup[] {
  return source?.() ?? [];
}
