import type { JsonValue } from '@agentflow/contracts';
import { useRef, useState } from 'react';
import { ConfigFieldView, UnknownField } from './config-field-view.tsx';
import { applies, type Config, type ConfigField, chosenOf, type RenderFields } from './config-fields.ts';
import { Segments } from './controls/segments.tsx';
import { Disclosure } from './disclosure.tsx';
import { useNodeForm } from './form-context.ts';
import { problemsAt, withField } from './node-changes.ts';

type ConfigFieldListProps = Parameters<RenderFields>[0];

const renderFields: RenderFields = (props) => <ConfigFieldList {...props} />;

/** The fields of a config: alternatives behind one choice, what is seldom needed behind another, unknown ones at the end. */
export function ConfigFieldList({ fields, config, path, besides, onChange }: ConfigFieldListProps) {
  const { problems } = useNodeForm();
  const placeOf = (name: string) => (path === '' ? name : `${path}.${name}`);
  const hasProblem = (field: ConfigField) => problemsAt(problems, placeOf(field.name)).length > 0;
  const shown = fields.filter((field) => applies(field, fields, config) || hasProblem(field));
  const main = shown.filter((field) => field.advanced !== true);
  const advanced = shown.filter((field) => field.advanced === true);
  const known = new Set([...fields.map((field) => field.name), ...besides]);
  const unknown = Object.keys(config).filter((name) => !known.has(name));
  const view = (field: ConfigField) => (
    <ConfigFieldView
      key={field.name}
      field={field}
      value={config[field.name]}
      onChange={(value) => onChange(withField(config, field.name, value))}
      path={placeOf(field.name)}
      config={config}
      renderFields={renderFields}
    />
  );
  const groups = [...new Set(main.flatMap((field) => field.one_of?.group ?? []))];
  const firsts = new Set(groups.map((group) => main.find((field) => field.one_of?.group === group)?.name));
  return (
    <>
      {main.map((field) =>
        field.one_of === undefined ? (
          view(field)
        ) : firsts.has(field.name) ? (
          <Alternatives
            key={field.one_of.group}
            group={field.one_of.group}
            fields={main.filter((each) => each.one_of?.group === field.one_of?.group)}
            config={config}
            onChange={onChange}
            view={view}
          />
        ) : null,
      )}
      {advanced.length > 0 && (
        <Disclosure
          title="More settings"
          note={countOf(advanced.filter((field) => config[field.name] !== undefined).length)}
          forceOpen={advanced.some(hasProblem)}
        >
          {advanced.map(view)}
        </Disclosure>
      )}
      {unknown.length > 0 && (
        <Disclosure title="Unknown fields" note={countOf(unknown.length)} forceOpen>
          <p className="text-faint text-xs">This release does not know these. They are kept as they are.</p>
          {unknown.map((name) => (
            <UnknownField
              key={name}
              name={name}
              value={config[name]}
              onChange={(value) => onChange(withField(config, name, value))}
            />
          ))}
        </Disclosure>
      )}
    </>
  );
}

function countOf(count: number): string | undefined {
  return count === 0 ? undefined : `${count} set`;
}

interface AlternativesProps {
  group: string;
  fields: readonly ConfigField[];
  config: Config;
  onChange: ConfigFieldListProps['onChange'];
  view: (field: ConfigField) => React.ReactNode;
}

/** Fields of which one is set: choosing another takes the value of the first away, and back again on return. */
function Alternatives({ group, fields, config, onChange, view }: AlternativesProps) {
  const [picked, pick] = useState<string>();
  const left = useRef(new Map<string, JsonValue>());
  const chosen = chosenOf(fields, config, picked);
  const field = fields.find((each) => each.name === chosen);
  const choose = (name: string) => {
    if (name === chosen) return;
    pick(name);
    let next: { [name: string]: JsonValue } = { ...config };
    for (const each of fields) {
      const value = next[each.name];
      if (value !== undefined) left.current.set(each.name, value);
      next = withField(next, each.name, undefined);
    }
    onChange(withField(next, name, left.current.get(name)));
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-col gap-1.5">
        <span className="font-medium text-sm">{group}</span>
        <Segments
          wide
          label={group}
          value={chosen}
          options={fields.map((each) => ({ value: each.name, label: each.one_of?.choice ?? each.title }))}
          onChange={choose}
        />
      </div>
      {field !== undefined && view(field)}
    </div>
  );
}
