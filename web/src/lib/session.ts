import type { Organization, Problem, Session, User } from '@agentflow/contracts';
import { useSyncExternalStore } from 'react';

/**
 * Who is signed in. The access token lives in memory alone; a reload gets a new one through the httpOnly refresh
 * cookie. Refresh tokens rotate, so one refresh runs at a time, over all tabs of the browser too.
 */
export type SessionState =
  | { readonly status: 'unknown' }
  | { readonly status: 'signed_out'; readonly reason?: 'no_organization' }
  | {
      readonly status: 'signed_in';
      readonly user: User;
      readonly organization: Organization;
      /** The organization's allowlist has refused this browser's network. */
      readonly networkRefused: boolean;
    };

/** Remembers that somebody signed in here, so that strangers cause no refused refresh on every visit. */
const HINT_KEY = 'agentflow.signed_in';
const CSRF_HEADERS = { 'X-AgentFlow-CSRF': '1' };
const REFRESH_AHEAD_MS = 60_000;

let state: SessionState = { status: 'unknown' };
let token: string | null = null;
let expiresAt = 0;
let refreshTimer: ReturnType<typeof setTimeout> | undefined;
let refreshing: Promise<boolean> | null = null;
const listeners = new Set<() => void>();
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('agentflow.session');

channel?.addEventListener('message', (message) => {
  if (message.data === 'signed_out') forgetSession();
  // All tabs share the cookie: what it stands for now, this tab learns by refreshing.
  if (message.data === 'changed' && state.status === 'signed_in') void refreshSession();
});

function publish(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

function writeHint(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(HINT_KEY, '1');
    else localStorage.removeItem(HINT_KEY);
  } catch {
    // Storage is blocked: every load then asks the server.
  }
}

function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(HINT_KEY) === '1';
  } catch {
    return true;
  }
}

function scheduleRefresh(): void {
  clearTimeout(refreshTimer);
  const delay = Math.max(5_000, expiresAt - Date.now() - REFRESH_AHEAD_MS);
  refreshTimer = setTimeout(() => void refreshSession(), delay);
}

function adoptSession(session: Session): void {
  const before = whoAndWhere(state);
  const refusedBefore = state.status === 'signed_in' && state.networkRefused;
  token = session.access_token;
  expiresAt = Date.now() + session.expires_in * 1000;
  writeHint(true);
  scheduleRefresh();
  const { user, organization } = session;
  const next: SessionState = { status: 'signed_in', user, organization, networkRefused: false };
  publish(whoAndWhere(next) === before ? { ...next, networkRefused: refusedBefore } : next);
}

/** Takes the answer of signup, login, switching or accepting; other signed-in tabs of the browser follow. */
export function startSession(session: Session): void {
  adoptSession(session);
  channel?.postMessage('changed');
}

function forgetSession(reason?: 'no_organization'): void {
  token = null;
  clearTimeout(refreshTimer);
  writeHint(false);
  publish(reason === undefined ? { status: 'signed_out' } : { status: 'signed_out', reason });
}

/** Tells one person in one organization from every other; null while nobody is signed in. */
export function whoAndWhere(session: SessionState): string | null {
  return session.status === 'signed_in' ? `${session.user.id} ${session.organization.id}` : null;
}

export function currentSession(): SessionState {
  return state;
}

/** Shows the whole page of a refused network, or with `false` tries the organization again. */
export function setNetworkRefused(networkRefused: boolean): void {
  if (state.status === 'signed_in' && state.networkRefused !== networkRefused) publish({ ...state, networkRefused });
}

export function subscribeToSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Runs what replaces the refresh cookie, one at a time over all tabs of the browser: two at once would present a token
 * that was replaced, which ends the session. Must not be nested.
 */
export function exclusively<T>(act: () => Promise<T>): Promise<T> {
  return navigator.locks === undefined ? act() : navigator.locks.request('agentflow.refresh', act);
}

/** Shows the new name everywhere in this tab; the other ones learn it with their next refresh. */
export function renameSessionOrganization(organization: Organization): void {
  if (state.status === 'signed_in') publish({ ...state, organization });
}

export function accessToken(): string | null {
  return token;
}

async function askForSession(): Promise<boolean> {
  let response: Response;
  try {
    response = await fetch('/api/v1/auth/refresh', { method: 'POST', headers: CSRF_HEADERS });
  } catch {
    // No network: the session may still be good, so keep it and try again with the next request.
    if (state.status === 'unknown') publish({ status: 'signed_out' });
    return false;
  }
  if (response.ok) {
    adoptSession((await response.json()) as Session);
    return true;
  }
  if (response.status === 401 || response.status === 403) {
    const problem = (await response.json().catch(() => null)) as Problem | null;
    forgetSession(problem?.code === 'no_organization' ? 'no_organization' : undefined);
  } else if (state.status === 'unknown') publish({ status: 'signed_out' });
  return false;
}

/** Gets a new access token; true when there is one. Callers that come while one is under way share it. */
export function refreshSession(): Promise<boolean> {
  refreshing ??= exclusively(askForSession).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Resolves once it is known whether somebody is signed in. */
export async function restoreSession(): Promise<SessionState> {
  if (state.status === 'unknown') {
    if (mayHaveSession()) await refreshSession();
    else publish({ status: 'signed_out' });
  }
  return state;
}

/** Signs out here, on the server, and in every other tab. */
export async function signOut(): Promise<void> {
  try {
    await fetch('/api/v1/auth/logout', { method: 'POST', headers: CSRF_HEADERS });
  } catch {
    // Without network the cookie stays until it expires; this browser forgets the session all the same.
  }
  channel?.postMessage('signed_out');
  forgetSession();
}

export function useSession(): SessionState {
  return useSyncExternalStore(subscribeToSession, currentSession);
}
