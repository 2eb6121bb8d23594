import { EXTERNAL_PLATFORMS, type PolicySubject, ROLES, SUBJECT_KINDS, type SubjectKind } from '@agentflow/contracts';
import { Select } from '@/components/ui/select.tsx';
import { ManyChoices } from '@/features/node-form/controls/choices.tsx';
import { AddButton, RemoveButton, replaced, without } from '@/features/node-form/controls/rows.tsx';
import { NamedList } from './named-list.tsx';
import { useProblem } from './policy-fields.ts';
import { KIND_WORDS, PLATFORM_WORDS } from './policy-words.ts';
import { ProblemNote } from './problem-note.tsx';
import { type Named, useNamedExternalAgents, useNamedKeys, useNamedMembers } from './use-named.ts';

const KIND_OPTIONS = (['*', ...SUBJECT_KINDS] as const).map((kind) => ({ value: kind, label: KIND_WORDS[kind] }));

interface SubjectRowsProps {
  subjects: PolicySubject[];
  onChange: (subjects: PolicySubject[]) => void;
}

/** Who a policy is about: one of these. */
export function SubjectRows({ subjects, onChange }: SubjectRowsProps) {
  const named: Readonly<Record<SubjectKind, Named>> = {
    user: useNamedMembers(),
    api_key: useNamedKeys(),
    external_agent: useNamedExternalAgents(),
  };
  return (
    <div className="flex flex-col gap-2">
      {subjects.map((subject, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a subject is its place, all of it changes as one chooses
        <div key={index} className="flex items-start gap-1.5">
          <SubjectRow
            subject={subject}
            place={index + 1}
            named={named}
            onChange={(next) => onChange(replaced(subjects, index, next))}
          />
          {subjects.length > 1 && (
            <RemoveButton label={`Remove subject ${index + 1}`} onClick={() => onChange(without(subjects, index))} />
          )}
        </div>
      ))}
      {!subjects.some(({ kind }) => kind === '*') && (
        <AddButton onClick={() => onChange([...subjects, { kind: 'external_agent' }])}>Add subject</AddButton>
      )}
    </div>
  );
}

interface SubjectRowProps {
  subject: PolicySubject;
  place: number;
  named: Readonly<Record<SubjectKind, Named>>;
  onChange: (subject: PolicySubject) => void;
}

/** An empty list narrows nothing: it is left out. */
function withList<K extends string, T>(key: K, list: readonly T[]): { [Key in K]?: T[] } {
  return (list.length === 0 ? {} : { [key]: [...list] }) as { [Key in K]?: T[] };
}

function SubjectRow({ subject, place, named, onChange }: SubjectRowProps) {
  const problem = useProblem(`subjects.${place - 1}`, true);
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-2 rounded-lg border border-line p-2.5">
      <Select
        label={`Kind of subject ${place}`}
        value={subject.kind}
        options={KIND_OPTIONS}
        onValueChange={(kind) => onChange({ kind: kind as PolicySubject['kind'] })}
        className="w-full"
      />
      {subject.kind === 'user' && (
        <div className="flex flex-col gap-1">
          <span className="text-faint text-xs">With one of these roles; none means every role</span>
          <ManyChoices
            values={ROLES}
            chosen={subject.roles ?? []}
            onChange={(roles) => {
              const { roles: _old, ...rest } = subject;
              onChange({ ...rest, ...withList('roles', roles as typeof ROLES) });
            }}
          />
        </div>
      )}
      {subject.kind === 'external_agent' && (
        <div className="flex flex-col gap-1">
          <span className="text-faint text-xs">On one of these platforms; none means every platform</span>
          <ManyChoices
            values={EXTERNAL_PLATFORMS}
            chosen={subject.platforms ?? []}
            wordOf={(each) => PLATFORM_WORDS[each] ?? each}
            onChange={(platforms) => {
              const { platforms: _old, ...rest } = subject;
              onChange({ ...rest, ...withList('platforms', platforms as typeof EXTERNAL_PLATFORMS) });
            }}
          />
        </div>
      )}
      {subject.kind !== '*' && (
        <NamedList
          label={`${KIND_WORDS[subject.kind]} by name`}
          value={subject.ids ?? []}
          placeholder="Anyone of them"
          {...named[subject.kind]}
          onChange={(ids) => {
            const { ids: _old, ...rest } = subject;
            onChange({ ...rest, ...withList('ids', ids) });
          }}
        />
      )}
      <ProblemNote>{problem}</ProblemNote>
    </div>
  );
}
