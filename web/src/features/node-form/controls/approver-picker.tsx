import { type Approvers, type JsonValue, ROLES } from '@agentflow/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useId } from 'react';
import { roleName } from '@/features/settings/role-name.ts';
import { everyMemberQuery, teamsQuery } from '@/features/settings/team-queries.ts';
import { formatPeople, shortResource } from '@/lib/format.ts';
import { ManyChoices } from './choices.tsx';
import { Combobox, type ComboboxOption } from './combobox.tsx';
import { RemoveButton } from './rows.tsx';

interface ApproverPickerProps {
  value: Partial<Approvers> | undefined;
  onChange: (value: Partial<Approvers> | undefined) => void;
}

/** Whether a value can be shown as people, roles and teams. */
export function areApprovers(value: JsonValue | undefined): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([key, list]) =>
      ['users', 'roles', 'teams'].includes(key) &&
      Array.isArray(list) &&
      list.every((each) => typeof each === 'string'),
  );
}

/** People, roles and teams; nobody at all means whoever may decide approvals. */
export function ApproverPicker({ value = {}, onChange }: ApproverPickerProps) {
  const members = useQuery(everyMemberQuery);
  const teams = useInfiniteQuery(teamsQuery);
  const { hasNextPage, isFetching, fetchNextPage } = teams;
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const change = (part: Partial<Approvers>) => {
    const next = Object.fromEntries(Object.entries({ ...value, ...part }).filter(([, list]) => list.length > 0));
    onChange(Object.keys(next).length === 0 ? undefined : next);
  };
  return (
    <div className="flex flex-col gap-3 rounded-lg border border-line p-3">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content */}
      <div role="group" aria-label="Roles" className="flex flex-col gap-1.5">
        <span className="text-soft text-xs">Roles</span>
        <ManyChoices
          values={ROLES}
          chosen={value.roles ?? []}
          onChange={(roles) => change({ roles: [...roles] as Approvers['roles'] })}
          wordOf={(role) => roleName(role as Approvers['roles'][number])}
        />
      </div>
      <Chosen
        noun="person"
        title="People"
        chosen={value.users ?? []}
        onChange={(users) => change({ users: [...users] })}
        options={(members.data ?? []).map(({ user, role }) => ({
          value: user.id,
          title: user.name || user.email,
          note: user.email,
          aside: roleName(role),
          keywords: [user.email],
        }))}
        empty={members.error ? 'The members could not be read.' : 'Nobody fits this search.'}
      />
      <Chosen
        noun="team"
        title="Teams"
        chosen={value.teams ?? []}
        onChange={(list) => change({ teams: [...list] })}
        options={(teams.data?.pages ?? [])
          .flatMap((page) => page.data)
          .map((team) => ({ value: team.id, title: team.name, aside: formatPeople(team.member_count) }))}
        empty="There is no such team."
      />
    </div>
  );
}

interface ChosenProps {
  noun: string;
  title: string;
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  options: readonly ComboboxOption[];
  empty: string;
}

function Chosen({ noun, title, chosen, onChange, options, empty }: ChosenProps) {
  const id = useId();
  const titleOf = (value: string) => options.find((option) => option.value === value)?.title ?? shortResource(value);
  const toggle = (value: string) =>
    onChange(chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
    <div role="group" aria-label={title} className="flex flex-col gap-1.5">
      <span className="text-soft text-xs">{title}</span>
      {chosen.length > 0 && (
        <ul className="flex flex-wrap gap-1.5">
          {chosen.map((value) => (
            <li key={value} className="inline-flex items-center rounded-md bg-sunken pl-2 text-sm dark:bg-hover">
              <span className="max-w-48 truncate">{titleOf(value)}</span>
              <RemoveButton label={`Remove ${titleOf(value)}`} onClick={() => toggle(value)} />
            </li>
          ))}
        </ul>
      )}
      <span id={`${id}-label`} className="sr-only">
        Add a {noun}
      </span>
      <Combobox
        control={{ id, labelId: `${id}-label`, invalid: false, describedBy: undefined }}
        label={title}
        options={options}
        chosen={chosen}
        onChoose={toggle}
        searchPlaceholder={`Find a ${noun}`}
        empty={empty}
      >
        <span className="text-faint">Add a {noun}</span>
      </Combobox>
    </div>
  );
}
