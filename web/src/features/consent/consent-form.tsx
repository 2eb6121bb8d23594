import type { ConsentDecisionRequest, ExternalAgent, ExternalOperation } from '@agentflow/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { api } from '@/lib/api.ts';
import { OPERATION_WORDS } from './operation-words.ts';
import { activeExternalAgentsQuery } from './queries.ts';

const NEW = 'new';
const NAME_CHARACTERS = 120;
const FIRST_OPERATIONS: readonly ExternalOperation[] = ['invoke', 'read', 'cancel'];
const OPERATIONS = Object.keys(OPERATION_WORDS) as ExternalOperation[];

type Decision = Omit<ConsentDecisionRequest, 'request'>;

/** As whom the client acts, and yes or no. */
export function ConsentForm({ request, clientName }: { request: string; clientName: string }) {
  const agents = useQuery(activeExternalAgentsQuery);
  const [chosen, setChosen] = useState(NEW);
  const [name, setName] = useState(clientName.slice(0, NAME_CHARACTERS));
  const [operations, setOperations] = useState(FIRST_OPERATIONS);
  const decide = useMutation({
    mutationFn: (decision: Decision) =>
      api<{ redirect_to: string }>('/oauth/consent', { method: 'POST', body: { request, ...decision } }),
    // The page is left: its buttons stay busy.
    onSuccess: ({ redirect_to }) => location.assign(redirect_to),
  });
  const existing = agents.data?.data ?? [];
  const agent = existing.find(({ id }) => id === chosen);
  const busy = decide.isPending || decide.isSuccess;
  const nameMissing = chosen === NEW && name.trim() === '';
  const nothingAllowed = chosen === NEW && operations.length === 0;
  const approve = () =>
    decide.mutate({
      decision: 'approve',
      ...(chosen === NEW
        ? { new_external_agent: { name: name.trim(), agents: null, operations: [...operations] } }
        : { external_agent_id: chosen }),
    });
  return (
    <form
      noValidate
      aria-label="Connect the program"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (!nameMissing && !nothingAllowed) approve();
      }}
    >
      <Field label="It acts as" help="Its calls, limits and costs are those of this external agent.">
        {(control) => (
          <Select
            {...control}
            className="h-9 w-full"
            value={chosen}
            onValueChange={setChosen}
            options={[
              { value: NEW, label: 'A new external agent' },
              ...existing.map(({ id, name: label }) => ({ value: id, label })),
            ]}
          />
        )}
      </Field>
      {chosen === NEW ? (
        <>
          <Field label="Its name" error={nameMissing ? 'Enter a name' : undefined}>
            {(control) => (
              <Input
                {...control}
                className="h-9"
                maxLength={NAME_CHARACTERS}
                autoComplete="off"
                value={name}
                onChange={({ target }) => setName(target.value)}
              />
            )}
          </Field>
          <OperationChoice operations={operations} onChange={setOperations} />
        </>
      ) : (
        agent !== undefined && <AgentLimits agent={agent} />
      )}
      {decide.error && <ProblemCallout error={decide.error} />}
      <p className="text-pretty text-faint text-xs">
        You can end this at any time by revoking its key on the page of the external agent.
      </p>
      <div className="flex flex-col gap-2">
        <Button type="submit" variant="primary" size="lg" busy={busy} disabled={nothingAllowed}>
          Allow
        </Button>
        <Button size="lg" disabled={busy} onClick={() => decide.mutate({ decision: 'deny' })}>
          Deny
        </Button>
      </div>
    </form>
  );
}

interface OperationChoiceProps {
  operations: readonly ExternalOperation[];
  onChange: (operations: ExternalOperation[]) => void;
}

function OperationChoice({ operations, onChange }: OperationChoiceProps) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-sm">It may</legend>
      {OPERATIONS.map((operation) => (
        <div key={operation} className="flex items-start gap-2 text-sm text-text">
          <Checkbox
            id={`may-${operation}`}
            className="mt-0.5"
            checked={operations.includes(operation)}
            onCheckedChange={(checked) =>
              onChange(OPERATIONS.filter((each) => (each === operation ? checked === true : operations.includes(each))))
            }
          />
          <label htmlFor={`may-${operation}`}>{OPERATION_WORDS[operation]}</label>
        </div>
      ))}
    </fieldset>
  );
}

/** What the chosen one may do, which the client may do then. */
function AgentLimits({ agent }: { agent: ExternalAgent }) {
  const { agents, operations } = agent;
  const which = agents === null ? 'all agents' : agents.length === 1 ? 'one agent' : `${agents.length} agents`;
  return (
    <div className="text-sm text-soft">
      <p>It may, with {which}:</p>
      <ul className="mt-1 list-disc pl-5">
        {operations.map((operation) => (
          <li key={operation}>{OPERATION_WORDS[operation]}</li>
        ))}
      </ul>
    </div>
  );
}
