import type { AgentFiles } from './layout.ts';

/**
 * What an approval is bound to: SHA-256, in hex, of the revision of the draft that the files are for and of all paths and contents. As JSON,
 * so that no two choices run together.
 */
export async function approvalHash(files: AgentFiles, draftVersion: number): Promise<string> {
  const entries = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = new TextEncoder().encode(JSON.stringify([draftVersion, entries]));
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
