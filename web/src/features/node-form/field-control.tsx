import type { Approvers, FieldControl as ControlName, JsonValue } from '@agentflow/contracts';
import { Input } from '@/components/ui/input.tsx';
import { conditionsToStore, readGroup } from './conditions.ts';
import {
  asSchema,
  type Config,
  type ConfigField,
  configFields,
  type RenderFields,
  variantsOf,
} from './config-fields.ts';
import { AgentPicker } from './controls/agent-picker.tsx';
import { ApproverPicker, areApprovers } from './controls/approver-picker.tsx';
import { CaseRows } from './controls/case-rows.tsx';
import { ChoiceInput, ManyChoices } from './controls/choices.tsx';
import { ConditionBuilder } from './controls/condition-builder.tsx';
import { CronField } from './controls/cron-field.tsx';
import { DurationInput } from './controls/duration-input.tsx';
import { FileList } from './controls/file-list.tsx';
import { HelperList } from './controls/helper-list.tsx';
import { isTextMap, KeyValueField } from './controls/key-value-rows.tsx';
import { LabelRows } from './controls/label-rows.tsx';
import { ModelList, ModelPicker } from './controls/model-picker.tsx';
import { isMoment, MomentInput } from './controls/moment-input.tsx';
import { NumberInput } from './controls/number-input.tsx';
import { SchemaEditor } from './controls/schema-editor.tsx';
import { SliderInput } from './controls/slider-input.tsx';
import { TextRows } from './controls/text-rows.tsx';
import { TimeZonePicker } from './controls/time-zone-picker.tsx';
import { ToolList } from './controls/tool-list.tsx';
import { UrlField } from './controls/url-field.tsx';
import { ExpressionInput } from './expressions/expression-input.tsx';
import type { ControlIds } from './field-frame.tsx';
import { readLabels } from './labels.ts';
import { rowsOf } from './schema-rows.ts';
import { readCases } from './switch-cases.ts';

export interface FieldControlProps {
  readonly field: ConfigField;
  readonly value: JsonValue | undefined;
  readonly onChange: (value: JsonValue | undefined) => void;
  readonly control: ControlIds;
  /** Dotted place of the field in the node's config. */
  readonly path: string;
  /** The config that the field belongs to. */
  readonly config: Config;
  readonly renderFields: RenderFields;
}

interface ControlKind {
  /** Whether the control can show this value; what it can't is shown as it is stored. */
  readonly fits: (value: JsonValue | undefined) => boolean;
  readonly draw: (props: FieldControlProps) => React.ReactNode;
  /** Several controls under one label. */
  readonly group?: boolean;
}

const isText = (value: JsonValue | undefined) => value === undefined || typeof value === 'string';
const isNumber = (value: JsonValue | undefined) => value === undefined || typeof value === 'number';
const isTexts = (value: JsonValue | undefined) =>
  value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'));

/** Empty text is no value where the field may be left out, and a mistake that is told where it may not. */
function textOf({ field, onChange }: FieldControlProps): (text: string) => void {
  return (text) => onChange(text === '' && !field.required ? undefined : text);
}

function bound(field: ConfigField, keyword: 'minimum' | 'maximum'): number | undefined {
  const value = field.schema[keyword];
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** Longer texts are expected where a field must be filled and takes long ones. */
function linesFor({ required, schema, one_of }: ConfigField): number {
  const isLong = typeof schema.maxLength === 'number' && schema.maxLength > 4000;
  return (required || one_of !== undefined) && isLong ? 4 : 2;
}

function textExpression(kind: 'template' | 'expression', multiline: boolean): ControlKind {
  return {
    fits: isText,
    draw: (props) => (
      <ExpressionInput
        kind={kind}
        multiline={multiline}
        {...(multiline ? { minLines: linesFor(props.field) } : {})}
        field={props.field.name}
        control={props.control}
        placeholder={props.field.placeholder}
        value={typeof props.value === 'string' ? props.value : ''}
        onChange={textOf(props)}
      />
    ),
  };
}

const number: ControlKind = {
  fits: isNumber,
  draw: ({ field, value, onChange, control }) => (
    <NumberInput
      control={control}
      value={value as number | undefined}
      onChange={onChange}
      min={bound(field, 'minimum')}
      max={bound(field, 'maximum')}
      placeholder={field.defaultValue === undefined ? undefined : `${field.defaultValue}`}
    />
  ),
};

/** Seconds in the config, any unit on screen. */
const duration: ControlKind = {
  fits: isNumber,
  draw: ({ field, value, onChange, control }) => {
    const most = bound(field, 'maximum');
    return (
      <DurationInput
        control={control}
        value={typeof value === 'number' ? value * 1000 : undefined}
        onChange={(ms) => onChange(ms === undefined ? undefined : ms / 1000)}
        maxMs={most === undefined ? undefined : most * 1000}
        placeholder={field.required ? undefined : 'no limit'}
      />
    );
  },
};

/** Every control that the registry can ask for. A new one does not compile until it is drawn here. */
export const CONTROLS: Readonly<Record<Exclude<ControlName, 'json' | 'boolean'>, ControlKind>> = {
  text: {
    fits: isText,
    draw: (props) => (
      <Input
        id={props.control.id}
        aria-invalid={props.control.invalid}
        aria-describedby={props.control.describedBy}
        autoComplete="off"
        placeholder={props.field.placeholder}
        value={typeof props.value === 'string' ? props.value : ''}
        onChange={(event) => textOf(props)(event.target.value)}
      />
    ),
  },
  text_list: {
    fits: isTexts,
    group: true,
    draw: ({ field, value, onChange }) => (
      <TextRows
        noun={field.title.toLowerCase().replace(/s$/, '')}
        value={value as string[] | undefined}
        onChange={onChange}
        placeholder={field.placeholder}
        suggestions={field.suggestions}
      />
    ),
  },
  template: textExpression('template', false),
  prompt: textExpression('template', true),
  expression: textExpression('expression', true),
  condition: textExpression('expression', true),
  url: {
    fits: isText,
    draw: (props) => (
      <UrlField
        control={props.control}
        placeholder={props.field.placeholder}
        value={typeof props.value === 'string' ? props.value : ''}
        onChange={textOf(props)}
      />
    ),
  },
  number,
  number_or_template: number,
  slider: {
    fits: isNumber,
    draw: ({ field, value, onChange, control }) => (
      <SliderInput
        control={control}
        value={value as number | undefined}
        onChange={onChange}
        min={bound(field, 'minimum') ?? 0}
        max={bound(field, 'maximum') ?? 1}
      />
    ),
  },
  duration,
  duration_or_template: duration,
  moment: {
    fits: (value) => value === undefined || value === '' || (typeof value === 'string' && isMoment(value)),
    draw: ({ value, onChange, control }) => (
      <MomentInput control={control} value={typeof value === 'string' ? value : ''} onChange={onChange} />
    ),
  },
  select: {
    fits: isText,
    draw: ({ field, value, onChange, control }) => (
      <ChoiceInput
        control={control}
        value={(value ?? field.defaultValue) as string | undefined}
        onChange={onChange}
        values={(field.schema.enum ?? []) as string[]}
        words={field.choices}
        optional={!field.required && field.defaultValue === undefined}
      />
    ),
  },
  multi_select: {
    fits: isTexts,
    group: true,
    draw: ({ field, value, onChange }) => (
      <ManyChoices
        values={(asSchema(field.schema.items).enum ?? []) as string[]}
        chosen={(value ?? field.defaultValue ?? []) as string[]}
        onChange={(chosen) => onChange([...chosen])}
        wordOf={(each) => field.choices?.[each] ?? each}
      />
    ),
  },
  model: {
    fits: isText,
    draw: ({ field, value, onChange, control }) => (
      <ModelPicker
        control={control}
        label={field.title}
        value={(value ?? field.defaultValue) as string | undefined}
        onChange={onChange}
        needsTools={field.needs_tools === true}
      />
    ),
  },
  models: {
    fits: isTexts,
    group: true,
    draw: ({ field, value, onChange }) => (
      <ModelList
        value={(value ?? []) as string[]}
        onChange={onChange}
        most={typeof field.schema.maxItems === 'number' ? field.schema.maxItems : 5}
      />
    ),
  },
  agent: {
    fits: (value) => isText(value) && !(typeof value === 'string' && value.includes('{{')),
    draw: ({ field, value, onChange, control }) => (
      <AgentPicker
        control={control}
        label={field.title}
        value={typeof value === 'string' ? value : ''}
        onChange={onChange}
      />
    ),
  },
  tools: {
    fits: (value) => value === undefined || Array.isArray(value),
    group: true,
    draw: ({ field, value, onChange, path, renderFields }) => (
      <ToolList
        tools={(value ?? []) as JsonValue[]}
        variants={variantsOf(field.schema)}
        path={path}
        onChange={onChange}
        renderFields={renderFields}
      />
    ),
  },
  helpers: {
    fits: (value) => value === undefined || Array.isArray(value),
    group: true,
    draw: ({ field, value, onChange, path, renderFields }) => (
      <HelperList
        helpers={(value ?? []) as JsonValue[]}
        fields={configFields(asSchema(field.schema.items))}
        most={typeof field.schema.maxItems === 'number' ? field.schema.maxItems : 8}
        path={path}
        onChange={onChange}
        renderFields={renderFields}
      />
    ),
  },
  files: {
    fits: isTextMap,
    group: true,
    draw: ({ value, onChange, path }) => (
      <FileList value={value as { [path: string]: string } | undefined} path={path} onChange={onChange} />
    ),
  },
  fields: {
    fits: (value) => value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)),
    group: true,
    draw: ({ field, value, onChange, path, renderFields }) =>
      renderFields({
        fields: configFields(field.schema),
        config: (value ?? {}) as Config,
        path,
        besides: [],
        // A switch says whether it is there at all.
        onChange: (config) => onChange(Object.keys(config).length === 0 && !field.switched ? undefined : config),
      }),
  },
  json_schema: {
    fits: (value) => rowsOf(value) !== null,
    group: true,
    draw: ({ field, value, onChange }) => (
      <SchemaEditor value={value ?? field.defaultValue} onChange={onChange} optional={!field.required} />
    ),
  },
  labels: {
    fits: (value) => readLabels(value) !== null,
    group: true,
    draw: ({ value, onChange }) => <LabelRows labels={readLabels(value) ?? []} onChange={onChange} />,
  },
  cases: {
    fits: (value) => readCases(value) !== null,
    group: true,
    draw: ({ value, onChange }) => (
      <CaseRows cases={readCases(value) ?? []} onChange={(cases) => onChange(cases.map((each) => ({ ...each })))} />
    ),
  },
  conditions: {
    fits: (value) => readGroup(value) !== null,
    group: true,
    draw: ({ value, onChange }) => (
      <ConditionBuilder
        group={readGroup(value) ?? { all: [] }}
        onChange={(group) => onChange(conditionsToStore(group))}
      />
    ),
  },
  key_value: {
    fits: isTextMap,
    group: true,
    draw: ({ value, onChange }) => (
      <KeyValueField value={value as { [key: string]: string } | undefined} onChange={onChange} />
    ),
  },
  approvers: {
    fits: areApprovers,
    group: true,
    draw: ({ value, onChange }) => (
      <ApproverPicker
        value={value as Partial<Approvers> | undefined}
        onChange={(next) => onChange(next as JsonValue | undefined)}
      />
    ),
  },
  cron: {
    fits: isText,
    draw: (props) => (
      <CronField
        control={props.control}
        value={typeof props.value === 'string' ? props.value : ''}
        onChange={textOf(props)}
        timeZone={typeof props.config.timezone === 'string' ? props.config.timezone : 'UTC'}
      />
    ),
  },
  time_zone: {
    fits: isText,
    draw: ({ field, value, onChange, control }) => (
      <TimeZonePicker
        control={control}
        label={field.title}
        value={typeof value === 'string' ? value : String(field.defaultValue ?? 'UTC')}
        onChange={onChange}
      />
    ),
  },
};

/** Controls whose value can be computed instead: a switch beside the label says which. */
export const COMPUTABLE: ReadonlySet<ControlName> = new Set([
  'number_or_template',
  'duration_or_template',
  'moment',
  'agent',
  'files',
] as const);
