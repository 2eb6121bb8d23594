import type { JsonValue } from '@agentflow/contracts';
import { Bot, Plus } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import type { Config, ConfigField, RenderFields } from '../config-fields.ts';
import { useNodeForm } from '../form-context.ts';
import { ItemCard } from './item-card.tsx';
import { JsonInput } from './json-value.tsx';
import { moved, replaced, without } from './rows.tsx';

interface HelperListProps {
  helpers: readonly JsonValue[];
  fields: readonly ConfigField[];
  most: number;
  path: string;
  onChange: (helpers: JsonValue[] | undefined) => void;
  renderFields: RenderFields;
}

function asConfig(value: JsonValue | undefined): Config | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

function nameOf(value: JsonValue | undefined): string | null {
  const name = asConfig(value ?? null)?.name;
  return typeof name === 'string' && name !== '' ? name : null;
}

/** The first name of this kind that none of them has. */
function freeName(helpers: readonly JsonValue[]): string {
  const taken = new Set(helpers.map(nameOf));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'helper' : `helper_${number}`;
    if (!taken.has(name)) return name;
  }
}

/** The helpers of a deep agent, in the order in which its model reads of them. */
export function HelperList({ helpers, fields, most, path, onChange, renderFields }: HelperListProps) {
  const { node } = useNodeForm();
  const [opened, setOpened] = useState<number | null>(null);
  const tools = Array.isArray(node.config.tools) ? node.config.tools.map(nameOf).filter((name) => name !== null) : [];
  const shown = fields.map((field) => (field.name === 'tools' ? { ...field, suggestions: tools } : field));
  const change = (next: JsonValue[]) => onChange(next.length === 0 ? undefined : next);
  const move = (from: number, to: number) => {
    change(moved(helpers, from, to));
    if (opened === from) setOpened(to);
    else if (opened === to) setOpened(from);
  };
  return (
    <div className="flex flex-col gap-2">
      {helpers.map((value, index) => {
        const config = asConfig(value);
        const called = nameOf(value) ?? `helper ${index + 1}`;
        return (
          <ItemCard
            // biome-ignore lint/suspicious/noArrayIndexKey: a helper is its place, its name changes as one types
            key={index}
            icon={Bot}
            called={called}
            title={called}
            notes={
              typeof config?.description === 'string' && (
                <span className="min-w-0 truncate text-faint text-xs">{config.description}</span>
              )
            }
            path={`${path}.${index}`}
            open={opened === index}
            onOpen={(open) => setOpened(open ? index : null)}
            move={{
              up: index === 0 ? undefined : () => move(index, index - 1),
              down: index === helpers.length - 1 ? undefined : () => move(index, index + 1),
            }}
            onRemove={() => {
              setOpened(null);
              change(without(helpers, index));
            }}
          >
            {config === null ? (
              <JsonInput
                value={value}
                onChange={(next) => change(replaced(helpers, index, next ?? null))}
                label={`Helper ${index + 1}`}
                control={{ id: `${path}-${index}-json`, labelId: '', invalid: false, describedBy: undefined }}
              />
            ) : (
              renderFields({
                fields: shown,
                config,
                path: `${path}.${index}`,
                besides: [],
                onChange: (next) => change(replaced(helpers, index, next)),
              })
            )}
          </ItemCard>
        );
      })}
      {helpers.length < most && (
        <Button
          size="sm"
          className="self-start"
          onClick={() => {
            change([...helpers, { name: freeName(helpers) }]);
            setOpened(helpers.length);
          }}
        >
          <Plus aria-hidden="true" /> Add helper
        </Button>
      )}
    </div>
  );
}
