import type { AgentDefinition, AgentTest, JsonValue } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ListPlus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { entriesOf, freeName, isFull, nameProblem, withEntry } from '@/features/builder/notes/entries.ts';
import { fetchApi } from '@/lib/api.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';
import { draftQuery } from './queries.ts';

interface SaveAsTestProps {
  agentId: string;
  input: JsonValue;
  /** What came out, where it is worth expecting. */
  output?: JsonValue;
  size?: 'sm' | 'md';
}

/** Keeps an input as a test case of the agent's draft. Draws nothing for an input that no test can have. */
export function SaveAsTest({ size = 'md', ...test }: SaveAsTestProps) {
  const [open, setOpen] = useState(false);
  const { input } = test;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return null;
  return (
    <>
      <Button variant="ghost" size={size} onClick={() => setOpen(true)}>
        <ListPlus aria-hidden="true" /> Save as a test
      </Button>
      {open && <SaveDialog {...test} onClose={() => setOpen(false)} />}
    </>
  );
}

function SaveDialog({ agentId, input, output, onClose }: SaveAsTestProps & { onClose: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const draft = useQuery({ ...draftQuery(agentId), staleTime: 0 });
  const taken = draft.data === undefined ? {} : entriesOf(draft.data.value, 'tests');
  const [typed, setTyped] = useState<string>();
  const [expecting, setExpecting] = useState(false);
  const [tried, setTried] = useState(false);
  const name = typed ?? freeName('test', taken);
  const problem = isFull(taken) ? 'The draft has 50 tests, the most that fit' : nameProblem(name, taken);
  const save = useMutation({
    mutationFn: async ({ value, etag }: Tagged<AgentDefinition>) => {
      const test: AgentTest = {
        input: input as AgentTest['input'],
        ...(expecting && output !== undefined ? { expect: { output } } : {}),
      };
      return readTagged<AgentDefinition>(
        await fetchApi(`/agents/${agentId}/draft`, {
          method: 'PUT',
          body: withEntry(value, 'tests', name, test as JsonValue),
          headers: etag === null ? {} : { 'If-Match': etag },
        }),
      );
    },
    onSuccess: (saved) => {
      queries.setQueryData(draftQuery(agentId).queryKey, saved);
      void queries.invalidateQueries({ queryKey: ['agents', agentId, 'agent'] });
      const show = () =>
        void navigate({ to: '/dashboard/agents/$agentId', params: { agentId }, search: { tab: 'builder' } });
      toast.success(`“${name}” is a test of the draft now`, { action: { label: 'Builder', onClick: show } });
      onClose();
    },
    // Somebody saved in between: the next try is on what they saved.
    onError: () => void draft.refetch(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem === null && draft.data !== undefined && !save.isPending) save.mutate(draft.data);
  };
  const error = save.error ?? (draft.data === undefined ? draft.error : null);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Save as a test"
      description="The input becomes a test case of the draft, which you run in the builder under Tests."
      className="max-w-md"
      startInField
    >
      <form noValidate onSubmit={submit} className="flex min-h-0 flex-col">
        <DialogBody>
          <Field
            label="Name"
            help="Letters, digits, _ and -"
            error={tried && problem !== null && save.isIdle ? problem : undefined}
          >
            {(control) => (
              <Input
                {...control}
                className="font-mono text-sm"
                autoComplete="off"
                spellCheck={false}
                value={name}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
          {output !== undefined && (
            <LabelledCheckbox
              label="Expect the same output"
              help="For what comes out the same each time; texts of models seldom do."
              checked={expecting}
              onChange={setExpecting}
            />
          )}
          {error !== null && <ProblemCallout error={error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={save.isPending} disabled={draft.data === undefined}>
            Save test
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
