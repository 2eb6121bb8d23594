import type { ChatPlatform } from '@agentflow/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { NamedList } from '@/features/policies/named-list.tsx';
import { membersQuery } from '@/features/settings/queries.ts';
import { CHAT_PLATFORM_LOOKS, type ConfigField, type FieldLook } from './platforms.ts';
import { REFUSED } from './refusals.ts';

export type ConfigValues<P extends ChatPlatform = ChatPlatform> = { readonly platform: P } & {
  readonly [Name in ConfigField]?: string | undefined;
} & { readonly to?: readonly string[] | undefined };

interface ConfigFieldsProps<P extends ChatPlatform> {
  value: ConfigValues<P>;
  onChange: (value: ConfigValues<P>) => void;
  /** What the form holds against its fields, each by its name. */
  problems: unknown;
  /** Whether presses of buttons are to be verified. */
  buttons?: boolean;
}

/** What a form holds against one field. */
function problemAt(problems: unknown, name: string): { message: string; type: string } | undefined {
  const problem = new Map<string, unknown>(Object.entries(problems ?? {})).get(name);
  if (typeof problem !== 'object' || problem === null || !('message' in problem)) return undefined;
  return { message: String(problem.message), type: 'type' in problem ? String(problem.type) : '' };
}

const WORDS: Readonly<Record<ConfigField, string>> = {
  webhook_url: 'An address that begins with https:// or http://, without a password in it',
  bot_token: 'The token as it was given out, without spaces',
  chat_id: 'A number, or @channelname',
  channel_id: 'The id of a channel: digits',
  public_key: '64 hexadecimal digits',
  signing_secret: 'The secret as it was given out, without spaces',
  secret: 'At least 6 characters, without spaces',
  username: 'Between 1 and 80 characters',
  channel: 'Between 1 and 80 characters',
};

function problemOf(field: FieldLook, problem: { message: string; type: string } | undefined): string | undefined {
  if (problem === undefined) return undefined;
  // What the server found out is more than this page knows.
  return problem.type === REFUSED ? `${field.label} ${problem.message}` : WORDS[field.name];
}

/** The fields of the chosen platform, in the order in which people find them there. */
export function ConfigFields<P extends ChatPlatform>(props: ConfigFieldsProps<P>) {
  const { value, onChange, problems, buttons = false } = props;
  const look = CHAT_PLATFORM_LOOKS[value.platform];
  const [chosen, setChosen] = useState<'webhook' | 'bot'>(value.bot_token === undefined ? 'webhook' : 'bot');
  const way = look.ways.find(({ id }) => id === chosen) ?? look.ways[0];
  const fields = [...way.fields, ...(buttons && look.buttons?.needs ? [look.buttons.needs] : [])];
  if (value.platform === 'email') {
    return (
      <Addressees
        value={value.to ?? []}
        onChange={(to) => onChange({ ...value, to })}
        problem={problemAt(problems, 'to') && 'Choose from 1 to 20 members'}
      />
    );
  }
  return (
    <>
      {look.ways.length > 1 && (
        <div className="flex flex-col gap-1.5">
          <span className="font-medium text-sm text-text">Reached by</span>
          <div>
            <Segments
              label="Reached by"
              value={way.id}
              options={look.ways.map(({ id, label }) => ({ value: id, label }))}
              onChange={(next) => {
                setChosen(next);
                // What belongs to the other way would contradict this one.
                onChange({
                  platform: value.platform,
                  signing_secret: value.signing_secret,
                  public_key: value.public_key,
                });
              }}
            />
          </div>
        </div>
      )}
      {fields.map((field) => (
        <Field
          key={field.name}
          label={field.label}
          optional={field.optional ?? false}
          help={field.help}
          error={problemOf(field, problemAt(problems, field.name))}
        >
          {(control) => (
            <Input
              {...control}
              // What is masked is shown: it tells which one is set.
              type={field.secret && !value[field.name]?.includes('***') ? 'password' : 'text'}
              autoComplete="off"
              spellCheck={false}
              placeholder={field.placeholder}
              value={value[field.name] ?? ''}
              onChange={(event) => onChange({ ...value, [field.name]: event.target.value || undefined })}
            />
          )}
        </Field>
      ))}
    </>
  );
}

interface AddresseesProps {
  value: readonly string[];
  onChange: (to: string[]) => void;
  problem: string | undefined;
}

function Addressees({ value, onChange, problem }: AddresseesProps) {
  const members = useInfiniteQuery(membersQuery).data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <div className="flex flex-col gap-1.5">
      <NamedList
        label="Members"
        value={value}
        onChange={onChange}
        options={members.map(({ user }) => ({ value: user.email, title: user.name || user.email, note: user.email }))}
        nameOf={(email) => email}
        placeholder="Choose members"
        invalid={problem !== undefined}
      />
      {problem !== undefined ? (
        <p role="alert" className="text-failed text-xs">
          {problem}
        </p>
      ) : (
        <p className="text-faint text-xs">Only members get mails: who leaves gets none any more.</p>
      )}
    </div>
  );
}
