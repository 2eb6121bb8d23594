import { type CatalogueModel, modelRef } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, TriangleAlert } from 'lucide-react';
import { useId } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { modelsQuery } from '@/features/secrets/queries.ts';
import { formatCount } from '@/lib/format.ts';
import type { ControlIds } from '../field-frame.tsx';
import { Combobox, type ComboboxOption } from './combobox.tsx';
import { moved, RemoveButton, without } from './rows.tsx';

const PROVIDERS: Readonly<Record<string, string>> = {
  builtin: 'Built in',
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  google: 'Google',
  'workers-ai': 'Workers AI',
  ollama: 'Ollama',
  custom: 'Custom',
};

function price(model: CatalogueModel): string {
  const { input_usd_per_million: input, output_usd_per_million: output } = model;
  return input === 0 && output === 0 ? 'free' : `$${input} / $${output} per M`;
}

function contextSize(tokens: number): string {
  if (tokens >= 1_000_000) return `${Number((tokens / 1_000_000).toFixed(1))} M tokens`;
  return tokens >= 1000 ? `${formatCount(Math.round(tokens / 1000))} k tokens` : `${tokens} tokens`;
}

function optionOf(model: CatalogueModel): ComboboxOption {
  return {
    value: model.id,
    title: model.title,
    note: model.available ? model.id : `${model.id} · not configured`,
    aside: (
      <>
        <span className="tabular block">{price(model)}</span>
        <span className="tabular block">{contextSize(model.context_tokens)}</span>
      </>
    ),
    group: PROVIDERS[model.provider] ?? model.provider,
    keywords: [PROVIDERS[model.provider] ?? '', model.provider],
  };
}

function custom(search: string): ComboboxOption | null {
  if (!modelRef.safeParse(search).success) return null;
  return { value: search, title: `Use ${search}`, note: 'A model that the catalogue does not list' };
}

interface ModelPickerProps {
  value: string | undefined;
  onChange: (value: string) => void;
  control: ControlIds;
  label: string;
  needsTools: boolean;
  /** Already chosen elsewhere in a list. */
  except?: readonly string[];
  placeholder?: string;
}

/** A model with what decides the choice: its price for a million tokens read and written, its context, and whether it can be called. */
export function ModelPicker(props: ModelPickerProps) {
  const { value, onChange, control, label, needsTools, except = [], placeholder = 'Choose a model' } = props;
  const models = useQuery(modelsQuery);
  const fitting = (models.data ?? []).filter((model) => !needsTools || model.supports_tools);
  const offered = fitting.filter((model) => !except.includes(model.id));
  const current = models.data?.find((model) => model.id === value);
  // What can be called comes first inside its provider.
  const options = [...offered].sort((a, b) => Number(b.available) - Number(a.available)).map(optionOf);
  return (
    <div className="flex flex-col gap-1.5">
      <Combobox
        control={control}
        label={label}
        options={options}
        chosen={value === undefined ? [] : [value]}
        onChoose={onChange}
        searchPlaceholder="Name or provider/model"
        empty={models.isPending ? 'Reading the catalogue…' : 'No model fits. Type provider/model to use another one.'}
        custom={custom}
      >
        {value === undefined || value === '' ? (
          <span className="text-faint">{placeholder}</span>
        ) : (
          <span className="flex min-w-0 items-baseline justify-between gap-3">
            <span className="truncate">{current?.title ?? value}</span>
            {current !== undefined && (
              <span className="tabular shrink-0 text-faint text-xs">
                {price(current)} · {contextSize(current.context_tokens)}
              </span>
            )}
          </span>
        )}
      </Combobox>
      {current !== undefined && !current.available && (
        <p className="flex items-start gap-1.5 text-waiting text-xs">
          <TriangleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
          {PROVIDERS[current.provider]} is not configured: calls of this model fail until its key is set in the
          settings.
        </p>
      )}
      {current !== undefined && needsTools && !current.supports_tools && (
        <p className="flex items-start gap-1.5 text-waiting text-xs">
          <TriangleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
          This model does not know how to use tools.
        </p>
      )}
    </div>
  );
}

interface ModelListProps {
  value: readonly string[];
  onChange: (value: string[] | undefined) => void;
  most: number;
}

/** Models in the order in which they are asked. */
export function ModelList({ value, onChange, most }: ModelListProps) {
  const id = useId();
  const models = useQuery(modelsQuery).data ?? [];
  const change = (next: string[]) => onChange(next.length === 0 ? undefined : next);
  const titleOf = (ref: string) => models.find((model) => model.id === ref)?.title ?? ref;
  return (
    <div className="flex flex-col gap-2">
      {value.length > 0 && (
        <ol className="flex flex-col gap-1">
          {value.map((ref, index) => (
            <li
              key={ref}
              className="flex items-center gap-1 rounded-md border border-line bg-surface py-0.5 pr-1 pl-2.5 text-sm"
            >
              <span className="tabular mr-1.5 text-faint text-xs">{index + 1}</span>
              <span className="min-w-0 flex-1 truncate">{titleOf(ref)}</span>
              <Button
                size="icon-sm"
                variant="ghost"
                aria-label={`Ask ${titleOf(ref)} earlier`}
                disabled={index === 0}
                onClick={() => change(moved(value, index, index - 1))}
              >
                <ArrowUp aria-hidden="true" />
              </Button>
              <Button
                size="icon-sm"
                variant="ghost"
                aria-label={`Ask ${titleOf(ref)} later`}
                disabled={index === value.length - 1}
                onClick={() => change(moved(value, index, index + 1))}
              >
                <ArrowDown aria-hidden="true" />
              </Button>
              <RemoveButton label={`Remove ${titleOf(ref)}`} onClick={() => change(without(value, index))} />
            </li>
          ))}
        </ol>
      )}
      {value.length < most && (
        <>
          <span id={`${id}-label`} className="sr-only">
            Add a model
          </span>
          <ModelPicker
            value={undefined}
            onChange={(ref) => change([...value, ref])}
            control={{ id, labelId: `${id}-label`, invalid: false, describedBy: undefined }}
            label="Models"
            needsTools={false}
            except={value}
            placeholder="Add a model"
          />
        </>
      )}
    </div>
  );
}
