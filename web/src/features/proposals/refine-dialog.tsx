import { MAX_PROMPT_CHARACTERS, type RefinementRequest } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Sparkles } from 'lucide-react';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { PromptExamples } from '@/components/prompt-examples.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { Select } from '@/components/ui/select.tsx';
import { modelsQuery } from '@/features/secrets/queries.ts';
import { CONTROL } from '@/lib/shortcuts.ts';
import { canRefine, useStartRefinement } from './queries.ts';

const FOR_MODELS = [
  'Ask a lead before refunds over 100',
  'Answer in the language of the customer',
  'Add a test for an empty order number',
];
/** What the rules understand, for organizations without a model that could do more. */
const FOR_RULES = ['Rename “Draft” to “Answer”', 'Add an approval before “Refund”', 'Change the threshold to 200'];
const FOR_FOLLOW_UPS = ['Shorter, please', 'Keep the wording of the first prompt', 'Also add a test for it'];
const ANY_MODEL = 'any';

interface RefineDialogProps {
  agent: { readonly id: string; readonly name: string };
  /** Nodes that the words are about, as people know them. */
  nodes?: readonly { readonly id: string; readonly name: string }[];
  /** The proposal that this goes on from. */
  follows?: string;
  prompt?: string;
  onClose: () => void;
}

/** Asks in words how an agent should change, and leads to the proposal. */
export default function RefineDialog({ agent, nodes = [], follows, prompt = '', onClose }: RefineDialogProps) {
  const navigate = useNavigate();
  const [text, setText] = useState(prompt);
  const [model, setModel] = useState(ANY_MODEL);
  const [isPrivate, setPrivate] = useState(false);
  const models = useQuery(modelsQuery).data;
  const usable = models?.filter(canRefine) ?? [];
  const start = useStartRefinement(agent.id);
  const submit = () => {
    if (text.trim() === '' || start.isPending) return;
    const context: RefinementRequest['context'] = {
      ...(follows === undefined ? {} : { proposal_id: follows }),
      ...(nodes.length === 0 ? {} : { node_ids: nodes.map(({ id }) => id) }),
      ...(model === ANY_MODEL ? {} : { model }),
    };
    start.mutate(
      { user_prompt: text.trim(), context, access: isPrivate ? 'private' : 'organization' },
      {
        onSuccess: ({ proposal_id }) => {
          onClose();
          void navigate({ to: '/dashboard/proposals/$proposalId', params: { proposalId: proposal_id } });
        },
      },
    );
  };
  const examples = follows !== undefined ? FOR_FOLLOW_UPS : usable.length > 0 ? FOR_MODELS : FOR_RULES;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={follows === undefined ? `Refine ${agent.name}` : 'Go on from here'}
      description={
        follows === undefined
          ? 'Say what should be different. It comes back as a proposal that you look at first: nothing changes until it is approved.'
          : 'Begins from what is proposed now, and replaces this proposal with a new one.'
      }
      startInField
    >
      <form
        className="flex min-h-0 flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <DialogBody>
          <Field label="What should change?" help={nodes.length === 0 ? 'Plain words are enough.' : aboutWords(nodes)}>
            {(control) => (
              <Textarea
                {...control}
                value={text}
                maxLength={MAX_PROMPT_CHARACTERS}
                onChange={(event) => setText(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                    event.preventDefault();
                    submit();
                  }
                }}
                className="min-h-28"
              />
            )}
          </Field>
          <PromptExamples examples={examples} onChoose={setText} />
          {usable.length > 0 ? (
            <Field label="Model">
              {(control) => (
                <Select
                  {...control}
                  value={model}
                  onValueChange={setModel}
                  className="w-full"
                  options={[
                    { value: ANY_MODEL, label: 'Chosen for you' },
                    ...usable.map(({ id, title }) => ({ value: id, label: title })),
                  ]}
                />
              )}
            </Field>
          ) : (
            models !== undefined && <RulesNote />
          )}
          {follows === undefined && (
            <LabelledCheckbox
              label="Private"
              help="Only you, owners and admins see it, and whom you name on its page."
              checked={isPrivate}
              onChange={setPrivate}
            />
          )}
          {start.error && <ProblemCallout error={start.error} />}
        </DialogBody>
        <DialogFooter>
          <span className="mr-auto hidden text-faint text-xs sm:inline">{CONTROL} Enter starts</span>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={text.trim() === ''} busy={start.isPending}>
            <Sparkles aria-hidden="true" /> {follows === undefined ? 'Propose changes' : 'Propose again'}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

function aboutWords(nodes: readonly { readonly name: string }[]): string {
  return `About what is selected: ${nodes.map(({ name }) => name).join(', ')}.`;
}

function RulesNote() {
  return (
    <p className="rounded-lg bg-sunken px-3 py-2 text-soft text-sm">
      No language model has a key here, so built-in rules answer. They can rename, add an approval before a step, change
      a model and change a threshold.{' '}
      <Link to="/dashboard/settings/secrets" className="text-accent-text underline underline-offset-2">
        Add a provider key
      </Link>{' '}
      for everything else.
    </p>
  );
}
