import { useState } from 'react';

export type AgentsView = 'grid' | 'list';

const STORAGE_KEY = 'agentflow.agents_view';

/** How this browser shows agents: as it was chosen last. */
export function useAgentsView(): [AgentsView, (view: AgentsView) => void] {
  const [view, setView] = useState<AgentsView>(() => {
    try {
      return localStorage.getItem(STORAGE_KEY) === 'list' ? 'list' : 'grid';
    } catch {
      return 'grid';
    }
  });
  const choose = (next: AgentsView) => {
    try {
      localStorage.setItem(STORAGE_KEY, next);
    } catch {
      // Storage is blocked: the choice holds until the page is closed.
    }
    setView(next);
  };
  return [view, choose];
}
