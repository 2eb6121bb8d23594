import type { Agent, AgentDefinition, Execution, JsonValue } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { CirclePause, FlaskConical, FolderKanban, Play } from 'lucide-react';
import { useState } from 'react';
import { JsonEditor } from '@/components/json-editor.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Tooltip } from '@/components/ui/tooltip.tsx';
import { ExecutionRows } from '@/features/executions/execution-rows.tsx';
import { projectsQuery } from '@/features/projects/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api, newIdempotencyKey, RequestFailure } from '@/lib/api.ts';
import { exampleOf } from '@/lib/example-input.ts';
import { shortId } from '@/lib/format.ts';
import { jsonMistake, locateInJson } from '@/lib/json-path.ts';
import { draftQuery, versionQuery } from './queries.ts';
import { SaveAsTest } from './save-as-test.tsx';

/** Start the agent on an input, for real or as a test, and see how its last runs went. */
export function RunTab({ agent, projectId }: { agent: Agent; projectId: string | undefined }) {
  const live = useQuery({
    ...versionQuery(agent.id, agent.live_version ?? 0),
    enabled: agent.live_version !== null,
  });
  const draft = useQuery({ ...draftQuery(agent.id), enabled: agent.live_version === null });
  const definition = live.data?.definition ?? draft.data?.value;
  const error = live.error ?? draft.error;
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="min-w-0">
        {error !== null && definition === undefined ? (
          <ProblemCallout error={error} />
        ) : definition === undefined ? (
          <Skeleton className="h-72 w-full" />
        ) : (
          <RunForm agent={agent} definition={definition} projectId={projectId} />
        )}
      </div>
      <section aria-label="Recent executions" className="min-w-0">
        <div className="mb-2 flex items-baseline justify-between">
          <h2 className="font-semibold">Recent executions</h2>
          <Link
            to="/dashboard/agents/$agentId"
            params={{ agentId: agent.id }}
            search={{ tab: 'executions' }}
            className="rounded-sm text-accent-text text-sm hover:underline"
          >
            All of them
          </Link>
        </div>
        <ExecutionRows agentId={agent.id} />
      </section>
    </div>
  );
}

/** What each agent was last run with, so that leaving the page loses nothing. */
const lastInputs = new Map<string, string>();

interface RunFormProps {
  agent: Agent;
  definition: AgentDefinition;
  projectId: string | undefined;
}

function RunForm({ agent, definition, projectId }: RunFormProps) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const mayExecute = useCan('agents:execute');
  const mayTest = useCan('agents:write');
  const example = () => JSON.stringify(exampleOf(definition.input_schema), null, 2);
  const [text, setText] = useState(() => lastInputs.get(agent.id) ?? example());
  const start = useMutation({
    mutationFn: (mode: 'execute' | 'test') =>
      api<Execution>(`/agents/${agent.id}/${mode}`, {
        method: 'POST',
        body: {
          input: JSON.parse(text) as JsonValue,
          ...(mode === 'execute' && projectId !== undefined ? { project_id: projectId } : {}),
        },
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: async (execution) => {
      void queries.invalidateQueries({ queryKey: ['executions', 'list'] });
      await navigate({ to: '/dashboard/executions/$executionId', params: { executionId: execution.id } });
    },
  });
  const mistake = jsonMistake(text);
  const wrongLines =
    start.error instanceof RequestFailure
      ? start.error.errors.flatMap((each) => {
          const place = locateInJson(text, each.path.replace(/^(body\.)?input\.?/, ''));
          return place === null ? [] : [text.slice(0, place.from).split('\n').length];
        })
      : [];
  const whyNot =
    agent.status === 'archived'
      ? 'The agent is archived: bring it back to run it.'
      : agent.status === 'paused'
        ? 'The agent is paused: resume it to run its live version. Tests of the draft still work.'
        : agent.live_version === null
          ? 'Nothing is published yet: publish the draft to run it, or test the draft as it is.'
          : null;
  const change = (next: string) => {
    lastInputs.set(agent.id, next);
    setText(next);
  };
  return (
    <div className="flex flex-col gap-3">
      <div>
        <h2 className="font-semibold">Input</h2>
        <p className="text-faint text-xs">
          JSON that the agent reads as <code className="font-mono">{'{{trigger}}'}</code>
          {definition.input_schema === undefined && mayTest && (
            <>
              . Name its fields under{' '}
              <Link
                to="/dashboard/agents/$agentId"
                params={{ agentId: agent.id }}
                search={{ tab: 'settings' }}
                className="rounded-sm text-accent-text hover:underline"
              >
                Settings
              </Link>
              , and an example stands here
            </>
          )}
        </p>
      </div>
      <JsonEditor
        label="Input as JSON"
        value={text}
        onChange={change}
        markedLines={wrongLines}
        minLines={10}
        onSubmit={() => {
          if (mistake === null && whyNot === null && mayExecute && !start.isPending) start.mutate('execute');
        }}
        actions={
          definition.input_schema !== undefined && (
            <Button variant="ghost" size="sm" onClick={() => change(example())}>
              Example
            </Button>
          )
        }
      />
      {start.error && <ProblemCallout error={start.error} />}
      {whyNot !== null && (
        <p className="flex items-start gap-2 text-sm text-soft">
          <CirclePause className="mt-0.5 size-4 shrink-0 text-waiting" aria-hidden="true" />
          {whyNot}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {mayExecute && (
          <Button
            variant="primary"
            disabled={mistake !== null || whyNot !== null || start.isPending}
            busy={start.isPending && start.variables === 'execute'}
            onClick={() => start.mutate('execute')}
          >
            <Play aria-hidden="true" /> Run{agent.live_version !== null && ` version ${agent.live_version}`}
          </Button>
        )}
        {mayTest && (
          <Tooltip content="Runs the draft without side effects: actions answer with what they would have sent.">
            <Button
              disabled={mistake !== null || agent.status === 'archived' || start.isPending}
              busy={start.isPending && start.variables === 'test'}
              onClick={() => start.mutate('test')}
            >
              <FlaskConical aria-hidden="true" /> Test the draft
            </Button>
          </Tooltip>
        )}
        {mayTest && agent.status !== 'archived' && mistake === null && (
          <SaveAsTest agentId={agent.id} input={JSON.parse(text) as JsonValue} />
        )}
        {mayExecute && <ProjectChoice agentId={agent.id} projectId={projectId} />}
      </div>
    </div>
  );
}

const NO_PROJECT = 'none';

/** Where the next run belongs; an organization without projects is not asked. */
function ProjectChoice({ agentId, projectId }: { agentId: string; projectId: string | undefined }) {
  const navigate = useNavigate();
  const projects = useQuery(projectsQuery({ limit: 100 })).data?.data ?? [];
  const options = [
    { value: NO_PROJECT, label: 'In no project' },
    ...projects.map((project) => ({ value: project.id, label: project.name })),
  ];
  if (projectId !== undefined && !options.some(({ value }) => value === projectId)) {
    options.push({ value: projectId, label: shortId(projectId) });
  }
  if (options.length === 1) return null;
  return (
    <span className="flex items-center gap-2 sm:ml-auto">
      <FolderKanban className="size-4 text-faint" aria-hidden="true" />
      <Select
        label="Project of the run"
        className="w-44 [&>span]:truncate"
        value={projectId ?? NO_PROJECT}
        options={options}
        onValueChange={(next) =>
          void navigate({
            to: '/dashboard/agents/$agentId',
            params: { agentId },
            search: { tab: 'run', ...(next === NO_PROJECT ? {} : { project_id: next }) },
            replace: true,
            resetScroll: false,
          })
        }
      />
    </span>
  );
}
