import { useSyncExternalStore } from 'react';

const STORAGE_KEY = 'agentflow.tour_seen';
const listeners = new Set<() => void>();
/** Ids of the people who have seen the tour in this browser, newest last. */
let seen: readonly string[] = readSeen();
let asked = false;

/** More people than that share no browser. */
const REMEMBERED = 20;

function readSeen(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** Shows the tour, seen or not. */
export function startTour(): void {
  asked = true;
  tell();
}

/** The person has been through it, or wants none of it. */
export function endTour(userId: string): void {
  asked = false;
  seen = [...seen.filter((each) => each !== userId), userId].slice(-REMEMBERED);
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(seen));
  } catch {
    // Storage is blocked: the tour stays away until the page is loaded again.
  }
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `asked` while the person wants to see it, `new` while they have not seen it yet. */
export function useTourState(userId: string): 'asked' | 'new' | 'seen' {
  return useSyncExternalStore(subscribe, () => (asked ? 'asked' : seen.includes(userId) ? 'seen' : 'new'));
}
