import type { AgentDefinition, JsonValue } from '@agentflow/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { draftQuery } from '@/features/agents/queries.ts';
import { fetchApi, RequestFailure } from '@/lib/api.ts';
import { sameJson } from '@/lib/same-json.ts';
import { readTagged } from '@/lib/tagged.ts';
import type { BuilderStore } from './builder-store.ts';
import { type Autosave, createAutosave, type SaveOutcome } from './draft/autosave.ts';

function setTimer(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

/** Somebody saved since; it was us, when the answer to an earlier save was lost on its way. */
async function afterConflict(path: string, definition: AgentDefinition): Promise<SaveOutcome> {
  const theirs = await readTagged<JsonValue>(await fetchApi(path));
  const ours = JSON.parse(JSON.stringify(definition)) as JsonValue;
  return sameJson(theirs.value, ours) ? { kind: 'saved', etag: theirs.etag } : { kind: 'conflict' };
}

function outcomeOf(error: unknown): SaveOutcome {
  if (!(error instanceof RequestFailure)) return { kind: 'refused', error: error as Error };
  const { status, code } = error;
  if (code === 'network_error') return { kind: 'unreachable', offline: true };
  return status === 429 || status >= 500 ? { kind: 'unreachable', offline: false } : { kind: 'refused', error };
}

/** Saves the draft as it changes. `onSaved` gets each document that the server has taken. */
export function useAutosave(
  agentId: string,
  store: BuilderStore,
  etag: string | null,
  onSaved: (definition: AgentDefinition) => void,
): () => Autosave {
  const queries = useQueryClient();
  const saver = useRef<Autosave | null>(null);
  const base = useRef({ etag, definition: store.getState().definition });
  const told = useRef(onSaved);
  told.current = onSaved;

  useEffect(() => {
    const path = `/agents/${agentId}/draft`;
    const save = async (definition: AgentDefinition, ifMatch: string | null): Promise<SaveOutcome> => {
      try {
        const tagged = await readTagged<AgentDefinition>(
          await fetchApi(path, {
            method: 'PUT',
            body: definition,
            headers: ifMatch === null ? {} : { 'If-Match': ifMatch },
          }),
        );
        queries.setQueryData(draftQuery(agentId).queryKey, tagged);
        void queries.invalidateQueries({ queryKey: ['agents', agentId, 'agent'] });
        return { kind: 'saved', etag: tagged.etag };
      } catch (error) {
        if (!(error instanceof RequestFailure && error.status === 412)) return outcomeOf(error);
        return afterConflict(path, definition).catch(outcomeOf);
      }
    };
    const autosave = createAutosave<AgentDefinition>(base.current.etag, {
      current: () => store.getState().definition,
      save,
      onState: store.getState().setSave,
      onSaved: (definition, saved) => {
        base.current = { etag: saved, definition };
        told.current(definition);
      },
      setTimer,
    });
    saver.current = autosave;
    const stop = store.subscribe((state, before) => {
      if (state.definition !== before.definition) autosave.changed();
    });
    const onOnline = () => void autosave.flush();
    addEventListener('online', onOnline);
    return () => {
      removeEventListener('online', onOnline);
      stop();
      autosave.stop();
    };
  }, [agentId, store, queries]);

  const get = useRef(() => {
    if (saver.current === null) throw new Error('not mounted');
    return saver.current;
  });
  return get.current;
}
