import type { Agent, AgentDefinition } from '@agentflow/contracts';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import type { Tagged } from '@/lib/tagged.ts';
import { Builder } from './builder.tsx';
import { createBuilderStore } from './builder-store.ts';
import { placeAll } from './draft/layout.ts';
import { openDraft } from './draft/open-draft.ts';
import { useOpenedDraft } from './use-opened-draft.ts';

interface BuilderTabProps {
  agent: Agent;
  /** The node to begin with. */
  node: string | undefined;
  /** The execution that the canvas shows. */
  run: string | undefined;
}

/** The first tab of an agent: its draft, read afresh when it opens and held by the builder from then on. */
export default function BuilderTab({ agent, node, run }: BuilderTabProps) {
  const { opened, error, retry } = useOpenedDraft(agent.id);
  if (opened !== null) return <OpenedDraft agent={agent} draft={opened} node={node} run={run} />;
  if (error !== null) return <ProblemCallout error={error} onRetry={retry} className="mt-5" />;
  return <Skeleton className="mt-5 h-96 w-full" />;
}

interface OpenedDraftProps extends BuilderTabProps {
  draft: Tagged<AgentDefinition>;
}

function OpenedDraft({ agent, draft, node, run }: OpenedDraftProps) {
  const [store] = useState(() => {
    const definition = openDraft(draft.value);
    // What was laid out counts as the draft that is stored: it is saved with the first change.
    if (definition !== null) return createBuilderStore(placeAll(definition));
    const empty = createBuilderStore({ nodes: [], edges: [] });
    empty.getState().setUnreadText(JSON.stringify(draft.value, null, 2));
    return empty;
  });
  return <Builder agent={agent} store={store} etag={draft.etag} node={node} run={run} />;
}
