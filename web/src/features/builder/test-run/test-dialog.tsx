import type { Agent, JsonValue } from '@agentflow/contracts';
import { useMutation } from '@tanstack/react-query';
import { FlaskConical, Pin } from 'lucide-react';
import { type FormEvent, type KeyboardEvent, useState } from 'react';
import { GeneratedForm } from '@/components/generated-form.tsx';
import { JsonEditor } from '@/components/json-editor.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { exampleOf } from '@/lib/example-input.ts';
import { answersOf, draftOf, type FormDraft, type FormField, fieldsOf } from '@/lib/form-fields.ts';
import { jsonMistake, locateInJson } from '@/lib/json-path.ts';
import { useBuilder, useBuilderServices, useRuns } from '../builder-context.ts';
import { nodeAt } from '../draft/keys.ts';
import { nodeLabel } from '../draft/node-facts.ts';
import { ProjectSelect } from './project-select.tsx';
import { RecentInputs } from './recent-inputs.tsx';
import type { RunScope } from './run-plan.ts';
import { storedInput, storedProject, storeInput, storeProject } from './stored.ts';

type Way = 'form' | 'json' | 'recent';

interface TestDialogProps {
  agent: Agent;
  scope: RunScope;
  /** What was wrong with a start that asked for nothing. */
  failed: Error | null;
  /** Gives words where no run can be made of it; throws what the server has against it. */
  onStart: (scope: RunScope, input: JsonValue, projectId: string | null) => Promise<string | null>;
  onClose: () => void;
}

const CONTROL = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** The fields of a form that are no field of the value's schema stay as they are. */
function merged(value: JsonValue | undefined, fields: readonly FormField[], form: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return form;
  const known = new Set(fields.map(({ name }) => name));
  const others = Object.entries(value).filter(([name]) => !known.has(name));
  return { ...Object.fromEntries(others), ...(form as Record<string, JsonValue>) };
}

/** Asks what a test of the draft begins with: by a form of its input schema, as JSON, or as a real execution began. */
export function TestDialog({ agent, scope, failed, onStart, onClose }: TestDialogProps) {
  const { announce } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const pins = useRuns((run) => run.pins);
  const schema = definition.input_schema;
  const fields = schema === undefined ? null : fieldsOf(schema as Record<string, JsonValue>);
  const [text, setText] = useState(() => storedInput(agent.id) ?? JSON.stringify(exampleOf(schema), null, 2));
  const [way, setWay] = useState<Way>(fields === null ? 'json' : 'form');
  const [draft, setDraft] = useState<FormDraft>(() => draftOf(fields ?? [], parsed(text) ?? {}));
  const [projectId, setProjectId] = useState(() => storedProject(agent.id));
  const [refused, setRefused] = useState<string | null>(null);
  const start = useMutation({
    mutationFn: async () => {
      const input = parsed(text);
      if (input === undefined) return;
      storeInput(agent.id, text);
      storeProject(agent.id, projectId);
      const message = await onStart(scope, input, projectId);
      setRefused(message);
      if (message !== null) return;
      announce('Test started');
      onClose();
    },
  });
  const wrong = jsonMistake(text) !== null;
  const error = start.error ?? (start.isIdle ? failed : null);
  const told = error instanceof RequestFailure ? error.errors : [];
  const inInput = told.filter(({ path }) => /^(body\.)?input\b/.test(path));
  const pathOf = (path: string) => path.replace(/^(body\.)?input\.?/, '');
  const wrongLines = inInput.flatMap(({ path }) => {
    const place = locateInJson(text, pathOf(path));
    return place === null ? [] : [text.slice(0, place.from).split('\n').length];
  });
  const formErrors = new Map(inInput.map(({ path, message }) => [pathOf(path).split('.')[0] ?? '', message]));

  const changeText = (next: string) => {
    setText(next);
    const value = parsed(next);
    if (value !== undefined && fields !== null) setDraft(draftOf(fields, value));
  };
  const changeField = (name: string, held: string | boolean) => {
    if (fields === null) return;
    const next = { ...draft, [name]: held };
    setDraft(next);
    const answers = answersOf(fields, next);
    if (answers.ok) setText(JSON.stringify(merged(parsed(text), fields, answers.form), null, 2));
  };
  const formMistake = fields === null ? null : answersOf(fields, draft);
  const unreadable = way === 'form' && formMistake?.ok === false;
  const submit = () => {
    if (!wrong && !unreadable && !start.isPending) start.mutate();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  };
  const node = scope.kind === 'all' ? undefined : nodeAt(definition, scope.node);
  const title =
    node === undefined
      ? 'Test the draft'
      : scope.kind === 'only'
        ? `Run only ${nodeLabel(node)}`
        : `Run from ${nodeLabel(node)}`;
  const pinned = definition.nodes.filter(({ id }) => Object.hasOwn(pins, id)).length;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description="Actions send nothing and answer with what they would have sent. Models are asked for real."
      className="max-w-2xl"
      startInField
    >
      <form noValidate onSubmit={onSubmit} onKeyDown={onKeyDown} className="flex min-h-0 flex-col">
        <Tabs value={way} onValueChange={(next) => setWay(next as Way)} className="flex min-h-0 flex-col">
          <TabsList aria-label="Input" className="mt-2 shrink-0 px-5">
            {fields !== null && <TabsTrigger value="form">Form</TabsTrigger>}
            <TabsTrigger value="json">JSON</TabsTrigger>
            <TabsTrigger value="recent">Recent executions</TabsTrigger>
          </TabsList>
          <DialogBody className="min-h-64">
            {refused !== null && (
              <p role="alert" className="rounded-lg bg-waiting-soft px-3 py-2 text-sm text-text">
                {refused}
              </p>
            )}
            {error !== null && (
              <ProblemCallout error={error} shownPaths={way === 'form' ? inInput.map(({ path }) => path) : []} />
            )}
            {fields !== null && (
              <TabsContent value="form">
                {wrong ? (
                  <p className="text-sm text-soft">The JSON can’t be read yet. Mend it there first.</p>
                ) : (
                  <GeneratedForm
                    fields={fields}
                    draft={draft}
                    errors={
                      formMistake?.ok === false ? new Map([[formMistake.field, 'This is no JSON yet.']]) : formErrors
                    }
                    onChange={changeField}
                  />
                )}
              </TabsContent>
            )}
            <TabsContent value="json">
              <JsonEditor
                label="Input as JSON"
                value={text}
                onChange={changeText}
                markedLines={wrongLines}
                minLines={10}
                maxLines={18}
                actions={
                  schema !== undefined && (
                    <Button
                      variant="ghost"
                      size="sm"
                      onClick={() => changeText(JSON.stringify(exampleOf(schema), null, 2))}
                    >
                      Example
                    </Button>
                  )
                }
              />
            </TabsContent>
            <TabsContent value="recent">
              <RecentInputs agentId={agent.id} onChoose={changeText} />
            </TabsContent>
          </DialogBody>
        </Tabs>
        <DialogFooter>
          {pinned > 0 && (
            <span className="mr-auto inline-flex items-center gap-1.5 text-soft text-sm">
              <Pin className="size-3.5" aria-hidden="true" />
              {pinned === 1 ? '1 node answers with its pin' : `${pinned} nodes answer with their pins`}
            </span>
          )}
          <ProjectSelect value={projectId} onChange={setProjectId} />
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            disabled={wrong || unreadable}
            busy={start.isPending}
            aria-keyshortcuts="Control+Enter"
          >
            <FlaskConical aria-hidden="true" /> Run test
            <Kbd>{CONTROL} ↵</Kbd>
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
