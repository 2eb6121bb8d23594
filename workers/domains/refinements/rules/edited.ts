import type { AgentDefinition } from '@agentflow/contracts';

/** What a command made of a definition, in a sentence, or why it can't be done. */
export type Edited =
  | { readonly ok: true; readonly definition: AgentDefinition; readonly did: string }
  | { readonly ok: false; readonly message: string };

export function refused(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
