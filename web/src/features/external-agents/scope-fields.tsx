import { EXTERNAL_OPERATIONS } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { Controller } from 'react-hook-form';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Input } from '@/components/ui/input.tsx';
import { shortId } from '@/lib/format.ts';
import { callableAgentsQuery } from './callable-agents.ts';
import type { ExternalAgentForm } from './form-values.ts';
import { OPERATIONS } from './platforms.ts';

const SEARCH_FROM = 8;

/** Which agents it may call, and what else its keys may do. */
export function ScopeFields({ form }: { form: ExternalAgentForm }) {
  return (
    <>
      <Controller
        control={form.control}
        name="agents"
        render={({ field, fieldState }) => (
          <AgentsField
            chosen={field.value ?? null}
            onChange={field.onChange}
            problem={fieldState.error && 'Choose at least one agent, or let it call every agent'}
          />
        )}
      />
      <Controller
        control={form.control}
        name="operations"
        render={({ field, fieldState }) => (
          <fieldset className="flex flex-col gap-1.5">
            <legend className="mb-1.5 font-medium text-sm">What its keys may do</legend>
            <div className="grid gap-x-4 rounded-lg border border-line p-1 sm:grid-cols-2">
              {EXTERNAL_OPERATIONS.map((operation) => (
                <Choice
                  key={operation}
                  label={OPERATIONS[operation].label}
                  help={OPERATIONS[operation].help}
                  chosen={(field.value ?? []).includes(operation)}
                  onChange={(on) =>
                    field.onChange(
                      EXTERNAL_OPERATIONS.filter((each) =>
                        each === operation ? on : (field.value ?? []).includes(each),
                      ),
                    )
                  }
                />
              ))}
            </div>
            {fieldState.error ? (
              <p role="alert" className="text-failed text-xs">
                Choose at least one
              </p>
            ) : (
              <p className="text-faint text-xs">Its keys open nothing else: no settings, no drafts, no other lists.</p>
            )}
          </fieldset>
        )}
      />
    </>
  );
}

function Choice(props: { label: string; help: string; chosen: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <label htmlFor={id} className="flex items-start gap-2.5 rounded-md px-2 py-1.5 hover:bg-hover">
      <Checkbox
        id={id}
        className="mt-0.5"
        checked={props.chosen}
        onCheckedChange={(on) => props.onChange(on === true)}
      />
      <span className="min-w-0">
        <span className="block text-sm">{props.label}</span>
        <span className="block text-faint text-xs">{props.help}</span>
      </span>
    </label>
  );
}

interface AgentsFieldProps {
  /** null for all. */
  chosen: readonly string[] | null;
  onChange: (chosen: string[] | null) => void;
  problem: string | undefined;
}

function AgentsField({ chosen, onChange, problem }: AgentsFieldProps) {
  const name = useId();
  const [search, setSearch] = useState('');
  const agents = useQuery(callableAgentsQuery).data;
  const known = agents ?? [];
  const wanted = search.trim().toLowerCase();
  const gone = agents === undefined ? [] : (chosen ?? []).filter((id) => !known.some((each) => each.id === id));
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1.5 font-medium text-sm">Agents that it may call</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-1 text-sm">
        <label className="flex items-center gap-2">
          <input
            type="radio"
            name={name}
            className="accent-accent"
            checked={chosen === null}
            onChange={() => onChange(null)}
          />
          Every agent, also later ones
        </label>
        <label className="flex items-center gap-2">
          <input
            type="radio"
            name={name}
            className="accent-accent"
            checked={chosen !== null}
            onChange={() => onChange([])}
          />
          Only these
        </label>
      </div>
      {chosen !== null && (
        <div className="mt-1 overflow-hidden rounded-lg border border-line">
          {known.length >= SEARCH_FROM && (
            <div className="border-line border-b p-1.5">
              <Input
                type="search"
                aria-label="Search agents by name"
                placeholder="Search by name"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
              />
            </div>
          )}
          <ul aria-label="Agents" className="max-h-48 overflow-y-auto p-1">
            {known
              .filter((agent) => agent.name.toLowerCase().includes(wanted))
              .map((agent) => (
                <li key={agent.id}>
                  <AgentChoice
                    name={agent.name}
                    note={
                      agent.status === 'active' ? null : (
                        <span className="flex items-center gap-1 text-faint text-xs">
                          <StatusIcon status={agent.status} className="size-3" /> {statusWord(agent.status)}
                        </span>
                      )
                    }
                    chosen={chosen.includes(agent.id)}
                    onChange={(on) => onChange(on ? [...chosen, agent.id] : chosen.filter((id) => id !== agent.id))}
                  />
                </li>
              ))}
            {gone.map((id) => (
              <li key={id}>
                <AgentChoice
                  name={shortId(id)}
                  note={<span className="text-faint text-xs">archived or gone</span>}
                  chosen
                  onChange={() => onChange(chosen.filter((each) => each !== id))}
                />
              </li>
            ))}
            {agents !== undefined && known.length === 0 && gone.length === 0 && (
              <li className="px-2 py-3 text-center text-faint text-sm">There is no agent yet.</li>
            )}
          </ul>
        </div>
      )}
      {problem !== undefined && (
        <p role="alert" className="text-failed text-xs">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

interface AgentChoiceProps {
  name: string;
  note: React.ReactNode;
  chosen: boolean;
  onChange: (on: boolean) => void;
}

function AgentChoice({ name, note, chosen, onChange }: AgentChoiceProps) {
  const id = useId();
  return (
    <label htmlFor={id} className="flex items-center gap-2.5 rounded-md px-2 py-1.5 hover:bg-hover">
      <Checkbox id={id} checked={chosen} onCheckedChange={(on) => onChange(on === true)} />
      <span className="min-w-0 flex-1 truncate text-sm">{name}</span>
      {note}
    </label>
  );
}
