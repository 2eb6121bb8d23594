import { type Agent, EMPTY_DEFINITION, MAX_PROMPT_CHARACTERS, type RefinementStarted } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { KeyRound, LayoutTemplate, Sparkles } from 'lucide-react';
import { useRef, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { PromptExamples } from '@/components/prompt-examples.tsx';
import { Button } from '@/components/ui/button.tsx';
import { DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { canRefine } from '@/features/proposals/queries.ts';
import { modelsQuery } from '@/features/secrets/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { CONTROL } from '@/lib/shortcuts.ts';
import { nameFromPrompt } from './name-from-prompt.ts';

const EXAMPLES = [
  'Sort support mails into billing, technical and other, and draft an answer to each',
  'Every morning, summarize yesterday’s orders and send them to our webhook',
  'Check an invoice against its order, and ask a person where the amounts differ',
];

interface DescribeAgentFormProps {
  onTemplate: () => void;
  onClose: () => void;
}

/** An agent from a sentence: it begins empty, and what is to be in it comes as a proposal. */
export function DescribeAgentForm({ onTemplate, onClose }: DescribeAgentFormProps) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const models = useQuery(modelsQuery);
  // Another try makes no second agent.
  const made = useRef<Agent | null>(null);
  const describe = useMutation({
    mutationFn: async (prompt: string) => {
      const key = () => ({ 'Idempotency-Key': newIdempotencyKey() });
      made.current ??= await api<Agent>('/agents', {
        method: 'POST',
        body: { name: nameFromPrompt(prompt), description: prompt.slice(0, 500), definition: EMPTY_DEFINITION },
        headers: key(),
      });
      return api<RefinementStarted>(`/agents/${made.current.id}/refinements`, {
        method: 'POST',
        body: { user_prompt: prompt },
        headers: key(),
      });
    },
    onSuccess: async ({ proposal_id }) => {
      await navigate({ to: '/dashboard/proposals/$proposalId', params: { proposalId: proposal_id } });
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['agents', 'list'] });
      void queries.invalidateQueries({ queryKey: ['proposals'] });
    },
  });
  const prompt = text.trim();
  const ready = models.data?.some(canRefine) === true;
  const submit = () => {
    if (prompt !== '' && ready && !describe.isPending) describe.mutate(prompt);
  };
  return (
    <form
      className="flex min-h-0 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <DialogBody>
        {models.data !== undefined && !ready && <NeedsModel onTemplate={onTemplate} />}
        <Field label="What should it do?" help="One sentence is enough; more detail gives a better first draft.">
          {(control) => (
            <Textarea
              {...control}
              className="min-h-28"
              value={text}
              maxLength={MAX_PROMPT_CHARACTERS}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
                event.preventDefault();
                submit();
              }}
            />
          )}
        </Field>
        <PromptExamples examples={EXAMPLES} onChoose={setText} />
        {models.error && models.data === undefined && (
          <ProblemCallout error={models.error} onRetry={() => void models.refetch()} />
        )}
        {describe.error && <ProblemCallout error={describe.error} />}
      </DialogBody>
      <DialogFooter>
        <span className="mr-auto hidden text-faint text-xs sm:inline">{CONTROL} Enter starts</span>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={prompt === '' || !ready} busy={describe.isPending}>
          <Sparkles aria-hidden="true" /> Propose an agent
        </Button>
      </DialogFooter>
    </form>
  );
}

/** What is missing, and what can be done without it. */
function NeedsModel({ onTemplate }: { onTemplate: () => void }) {
  return (
    <div role="status" className="flex gap-3 rounded-lg border border-line bg-sunken p-3 text-sm">
      <KeyRound className="mt-0.5 size-4 shrink-0 text-soft" aria-hidden="true" />
      <div className="min-w-0">
        <p className="text-text">
          To build an agent from words, a language model has to do the work, and none has a key here.{' '}
          <Link to="/dashboard/settings/secrets" className="text-accent-text underline underline-offset-2">
            Add a provider key
          </Link>
        </p>
        <p className="mt-1 text-soft">
          Without one, built-in rules can still change an agent that is there: rename it, add an approval before a step,
          change a model or a threshold. Begin with a template, and refine that.
        </p>
        <Button size="sm" className="mt-2" onClick={onTemplate}>
          <LayoutTemplate aria-hidden="true" /> Choose a template
        </Button>
      </div>
    </div>
  );
}
