import { type Agent, type CreateAgentRequest, createAgentRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useForm } from 'react-hook-form';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';

const formSchema = createAgentRequest.pick({ name: true, description: true });
type FormValues = Pick<CreateAgentRequest, 'name' | 'description'>;

/** A first draft that is valid and runs: it answers with its input, so that there is something to change. */
const FIRST_DEFINITION: CreateAgentRequest['definition'] = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {}, position: { x: 0, y: 0 } },
    {
      id: 'result',
      type: 'logic.transform',
      name: 'Result',
      config: { expression: '{ "received": trigger }' },
      position: { x: 280, y: 0 },
    },
  ],
  edges: [{ id: 'start_result', source: 'start', target: 'result' }],
};

/** An agent from nothing: the inside of a dialog. */
export function CreateAgentForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm<FormValues>({
    resolver: zodResolver(formSchema),
    mode: 'onTouched',
    defaultValues: { name: '', description: '' },
  });
  const create = useMutation({
    mutationFn: (values: FormValues) =>
      api<Agent>('/agents', {
        method: 'POST',
        body: { ...values, definition: FIRST_DEFINITION },
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: async (agent) => {
      await queries.invalidateQueries({ queryKey: ['agents', 'list'] });
      await navigate({
        to: '/dashboard/agents/$agentId',
        params: { agentId: agent.id },
        search: { tab: 'builder' },
      });
    },
    onError: (error) => showOnFields(form, error, ['name', 'description']),
  });
  const { errors } = form.formState;
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((values) => create.mutate(values))}>
      <DialogBody>
        <Field
          label="Name"
          help="It can be changed later."
          error={errors.name && 'Give the agent a name of up to 120 characters'}
        >
          {(control) => (
            <Input {...control} {...form.register('name')} placeholder="Support ticket triage" autoComplete="off" />
          )}
        </Field>
        <Field label="What it does" optional error={errors.description?.message}>
          {(control) => <Textarea {...control} {...form.register('description')} rows={3} />}
        </Field>
        {create.error && <ProblemCallout error={create.error} shownPaths={['name', 'description']} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Create agent
        </Button>
      </DialogFooter>
    </form>
  );
}
