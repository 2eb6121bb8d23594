import { type Agent, type AgentDefinition, agentDefinition, type Validation } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, Rocket, Save, ShieldCheck } from 'lucide-react';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { toast } from 'sonner';
import { JsonEditor, type JsonEditorHandle } from '@/components/json-editor.tsx';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api, fetchApi, RequestFailure } from '@/lib/api.ts';
import { jsonMistake, locateInJson } from '@/lib/json-path.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { DraftConflictDialog } from './draft-conflict-dialog.tsx';
import { NodeCards } from './node-cards.tsx';
import { ProblemList } from './problem-list.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { draftQuery } from './queries.ts';

// With the forms come the editors and the engine: only who edits a node waits for them.
const NodeSheet = lazy(() => import('./node-sheet.tsx'));

export function DefinitionTab({ agent }: { agent: Agent }) {
  // The text in the editor must not change under somebody's hands: it is read afresh only when asked for.
  const draft = useQuery({ ...draftQuery(agent.id), refetchOnWindowFocus: false, staleTime: Number.POSITIVE_INFINITY });
  if (draft.error && draft.data === undefined) {
    return <ProblemCallout error={draft.error} onRetry={() => void draft.refetch()} />;
  }
  if (draft.data === undefined) return <Skeleton className="h-96 w-full" />;
  return <DraftEditor agent={agent} saved={draft.data} />;
}

function textOf(definition: AgentDefinition): string {
  return JSON.stringify(definition, null, 2);
}

function parseDefinition(text: string): AgentDefinition | null {
  if (jsonMistake(text) !== null) return null;
  const parsed = agentDefinition.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

function DraftEditor({ agent, saved }: { agent: Agent; saved: Tagged<AgentDefinition> }) {
  const queries = useQueryClient();
  const mayWrite = useCan('agents:write');
  const mayPublish = useCan('agents:publish');
  const editor = useRef<JsonEditorHandle>(null);
  const savedText = useMemo(() => textOf(saved.value), [saved]);
  const [edited, setEdited] = useState<string | null>(null);
  const [publishing, setPublishing] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  const [fromForm, setFromForm] = useState<{ text: string; definition: AgentDefinition } | null>(null);
  const text = edited ?? savedText;
  const dirty = edited !== null && edited !== savedText;
  const definition = useMemo(() => parseDefinition(text), [text]);
  // A form may hold what a draft may not, half a number for one: it must not close over that.
  const formDefinition = fromForm?.text === text ? fromForm.definition : definition;
  const broken = jsonMistake(text) !== null;

  const validate = useMutation({
    mutationFn: (definitionText: string) =>
      api<Validation>(`/agents/${agent.id}/validate`, {
        method: 'POST',
        body: { definition: JSON.parse(definitionText) as AgentDefinition },
      }),
  });
  const save = useMutation({
    mutationFn: async (ifMatch: string | null) =>
      readTagged<AgentDefinition>(
        await fetchApi(`/agents/${agent.id}/draft`, {
          method: 'PUT',
          body: JSON.parse(text),
          headers: ifMatch === null ? {} : { 'If-Match': ifMatch },
        }),
      ),
    onSuccess: (tagged) => {
      queries.setQueryData(draftQuery(agent.id).queryKey, tagged);
      void queries.invalidateQueries({ queryKey: ['agents', agent.id, 'agent'] });
      setEdited(null);
      validate.mutate(textOf(tagged.value));
      toast.success('Draft saved');
    },
  });
  // What was told about another text says nothing about this one.
  const checked = validate.data !== undefined && validate.variables === text ? validate.data : undefined;
  const conflict = save.error instanceof RequestFailure && save.error.code === 'precondition_failed';
  const problems = checked?.problems ?? [];

  const jumpTo = (path: string) => {
    const place = locateInJson(text, path);
    if (place !== null) editor.current?.select(place.from, place.to);
  };
  const jumpToNode = (nodeId: string) => {
    const index = definition?.nodes.findIndex((node) => node.id === nodeId) ?? -1;
    if (index >= 0) jumpTo(`nodes.${index}`);
  };
  const wrongLines = (
    save.error instanceof RequestFailure && dirty
      ? save.error.errors.map((each) => each.path)
      : problems.map((each) => each.path)
  ).flatMap((path) => {
    const place = locateInJson(text, path);
    return place === null ? [] : [text.slice(0, place.from).split('\n').length];
  });

  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <p className="min-w-0 flex-1 basis-40 text-sm text-soft" aria-live="polite">
          {dirty ? (
            'There are changes that are not saved.'
          ) : agent.live_version === null ? (
            'The draft, not published yet.'
          ) : (
            <>The draft. What is live is version {agent.live_version}.</>
          )}
        </p>
        {mayWrite && (
          <>
            {dirty && (
              <Button variant="ghost" onClick={() => setEdited(null)}>
                Discard
              </Button>
            )}
            <Button
              disabled={!dirty || broken}
              busy={save.isPending}
              onClick={() => save.mutate(saved.etag)}
              title={broken ? 'Correct the JSON first' : undefined}
            >
              <Save aria-hidden="true" /> Save draft
            </Button>
          </>
        )}
        <Button disabled={definition === null} busy={validate.isPending} onClick={() => validate.mutate(text)}>
          <ShieldCheck aria-hidden="true" /> Validate
        </Button>
        {mayPublish && (
          <Button
            variant="primary"
            disabled={dirty || agent.status === 'archived'}
            onClick={() => setPublishing(true)}
            title={dirty ? 'Save the draft first' : undefined}
          >
            <Rocket aria-hidden="true" /> Publish…
          </Button>
        )}
      </div>
      {save.error && !conflict && <ProblemCallout error={save.error} className="mb-4" />}
      {validate.error && <ProblemCallout error={validate.error} className="mb-4" />}
      {checked !== undefined && problems.length === 0 && (
        <p className="mb-4 flex items-center gap-2 rounded-lg bg-completed-soft px-3 py-2 text-completed text-sm">
          <CircleCheck className="size-4" aria-hidden="true" /> This definition is valid
          {dirty ? '.' : ' and can be published.'}
        </p>
      )}
      <ProblemList problems={problems} onJump={(problem) => jumpTo(problem.path)} />
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <section aria-label="Steps in order" className="min-w-0">
          {definition === null ? (
            <p className="rounded-lg border border-line-strong border-dashed p-6 text-center text-sm text-soft">
              {broken
                ? 'The steps show here again once the JSON is correct.'
                : 'This JSON has not the shape of a definition: it needs “nodes” and “edges”. Saving tells what is wrong where.'}
            </p>
          ) : definition.nodes.length === 0 ? (
            <p className="rounded-lg border border-line-strong border-dashed p-6 text-center text-sm text-soft">
              No steps yet. A definition starts with one node of type <code className="font-mono">trigger.manual</code>.
            </p>
          ) : (
            <NodeCards
              definition={definition}
              problems={problems}
              onSelect={jumpToNode}
              onEdit={setEditing}
              editLabel={mayWrite ? 'Edit' : 'View'}
            />
          )}
        </section>
        <div className="min-w-0 lg:sticky lg:top-16">
          <JsonEditor
            handle={editor}
            label="Draft definition as JSON"
            value={text}
            onChange={setEdited}
            readOnly={!mayWrite}
            markedLines={wrongLines}
            minLines={16}
            maxLines={32}
          />
        </div>
      </div>
      {editing !== null && formDefinition !== null && (
        <Suspense fallback={null}>
          <NodeSheet
            agentId={agent.id}
            definition={formDefinition}
            nodeId={editing}
            problems={problems}
            readOnly={!mayWrite}
            onChange={(next) => {
              setFromForm({ text: textOf(next), definition: next });
              setEdited(textOf(next));
            }}
            onClose={() => setEditing(null)}
          />
        </Suspense>
      )}
      {publishing && <PublishDialog agent={agent} draft={saved} onClose={() => setPublishing(false)} />}
      {conflict && (
        <DraftConflictDialog
          agentId={agent.id}
          mine={text}
          busy={save.isPending}
          onKeepMine={(etag) => save.mutate(etag)}
          onTakeTheirs={(theirs) => {
            queries.setQueryData(draftQuery(agent.id).queryKey, theirs);
            setEdited(null);
            save.reset();
          }}
          onClose={() => save.reset()}
        />
      )}
      <LeaveGuard dirty={dirty} description="Your changes to the draft are not saved and will be lost." />
    </>
  );
}
