import type { AgentDefinition, Validation } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { api, RequestFailure } from '@/lib/api.ts';
import { useBuilder } from './builder-context.ts';
import type { BuilderStore } from './builder-store.ts';
import { beyond, problemsByNode, type ServerFindings, stillTrue } from './draft/problems.ts';

const PAUSE_MS = 120;

/**
 * Keeps the store's problems true while one edits. The browser checks by itself after each pause; what only the server
 * can tell is asked for by `askServer`, and holds for as long as the nodes that it is about stay as they are.
 */
export function useValidation(agentId: string, store: BuilderStore) {
  const findings = useRef<ServerFindings | null>(null);
  const check = useCallback(() => {
    const { definition, setProblems } = store.getState();
    setProblems([...validateDefinition(definition), ...stillTrue(findings.current, definition)]);
  }, [store]);

  useEffect(() => {
    check();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = store.subscribe((state, before) => {
      if (state.definition === before.definition) return;
      clearTimeout(timer);
      timer = setTimeout(check, PAUSE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [store, check]);

  const askServer = useCallback(
    async (definition: AgentDefinition) => {
      try {
        const { problems } = await api<Validation>(`/agents/${agentId}/validate`, {
          method: 'POST',
          body: { definition },
        });
        findings.current = { definition, problems: beyond(problems, validateDefinition(definition)) };
        check();
      } catch (error) {
        // What the browser finds stays shown; saving tells what the server has against the draft as a whole.
        if (!(error instanceof RequestFailure)) throw error;
      }
    },
    [agentId, check],
  );
  return askServer;
}

export function useProblemsByNode() {
  const problems = useBuilder((builder) => builder.problems);
  const definition = useBuilder((builder) => builder.definition);
  return useMemo(() => problemsByNode(problems, definition), [problems, definition]);
}
