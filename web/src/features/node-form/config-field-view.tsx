import type { JsonValue } from '@agentflow/contracts';
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { CalledInputField } from './called-input-field.tsx';
import type { Config, ConfigField, RenderFields } from './config-fields.ts';
import { FreeValue, JsonInput, TextOrJsonSwitch, useTextOrJson } from './controls/json-value.tsx';
import { Segments } from './controls/segments.tsx';
import { ExpressionInput } from './expressions/expression-input.tsx';
import { COMPUTABLE, CONTROLS } from './field-control.tsx';
import { FieldFrame, type Message } from './field-frame.tsx';
import { useNodeForm } from './form-context.ts';
import { isFoundInText, messageBeside, problemsAt } from './node-changes.ts';

interface ConfigFieldViewProps {
  field: ConfigField;
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
  path: string;
  config: Config;
  renderFields: RenderFields;
}

/** Controls that tell what is wrong with their expressions themselves. */
const TELLS_ITSELF = new Set([
  'condition',
  'template',
  'prompt',
  'expression',
  'url',
  'json',
  'key_value',
  'conditions',
  'cases',
]);

function useMessages({ field, path, value }: ConfigFieldViewProps, hasEditor: boolean): Message[] {
  const { problems } = useNodeForm();
  const hasFieldsOfItsOwn =
    ['tools', 'helpers', 'fields'].includes(field.control) ||
    (field.input_of !== undefined && typeof value !== 'string');
  return (
    problemsAt(problems, path)
      .filter((problem) => !(isFoundInText(problem) && (hasEditor || TELLS_ITSELF.has(field.control))))
      // A tool, or what has fields of its own, tells its problems there.
      .filter((problem) => !hasFieldsOfItsOwn || problem.field === path)
      .map((problem) => ({ severity: problem.severity, message: messageBeside(problem, path) }))
  );
}

/** One field of a config, marked with its path, so that a problem can lead to it. */
export function ConfigFieldView(props: ConfigFieldViewProps) {
  return (
    <div data-field={props.path} className="flex min-w-0 flex-col">
      <FieldByControl {...props} />
    </div>
  );
}

/** Its control where that can show the value, else the value as it is stored. */
function FieldByControl(props: ConfigFieldViewProps) {
  const { field, value } = props;
  if (field.input_of !== undefined) return <InputField {...props} />;
  const isFree = field.control === 'json' || (field.control === 'template' && '$ref' in field.schema);
  if (isFree) return <FreeField {...props} />;
  if (field.control === 'json_schema') return <SchemaField {...props} />;
  if (field.control === 'condition' && (value === undefined || typeof value === 'string')) {
    return <ConditionField {...props} value={value} />;
  }
  if (field.control === 'boolean') {
    return value === undefined || typeof value === 'boolean' ? (
      <BooleanField {...props} />
    ) : (
      <ForeignField {...props} />
    );
  }
  if (field.control === 'fields' && field.switched === true && CONTROLS.fields.fits(value)) {
    return <SwitchedFields {...props} />;
  }
  return <ControlField {...props} />;
}

function ControlField(props: ConfigFieldViewProps) {
  const { field, value, onChange } = props;
  const [picked, pick] = useState<'value' | 'expression' | null>(null);
  const kind = CONTROLS[field.control as keyof typeof CONTROLS];
  const isComputed = typeof value === 'string' && value.includes('{{');
  const isTyped = kind.fits(value) && !(field.computable === true && isComputed);
  const offersBoth = COMPUTABLE.has(field.control) || field.computable === true || (isComputed && !isTyped);
  const fallback = isTyped || typeof value !== 'string' ? 'value' : 'expression';
  const mode = !offersBoth ? 'value' : value === undefined || isTyped ? (picked ?? fallback) : fallback;
  const messages = useMessages(props, mode === 'expression');
  if (mode === 'value' && !kind.fits(value)) return <ForeignField {...props} />;
  return (
    <FieldFrame
      label={field.title}
      help={field.help}
      messages={messages}
      optional={!field.required && field.defaultValue === undefined && field.one_of === undefined}
      group={kind.group === true && mode === 'value'}
      action={
        offersBoth && (
          <Segments
            label={`${field.title} as`}
            value={mode}
            options={[
              { value: 'value', label: 'Value' },
              { value: 'expression', label: 'Expression' },
            ]}
            onChange={(next) => {
              pick(next);
              if (next === 'value' && !isTyped) onChange(undefined);
              if (next === 'expression' && typeof value === 'number') onChange(String(value));
            }}
          />
        )
      }
    >
      {(control) =>
        mode === 'expression' ? (
          <ExpressionInput
            kind="template"
            control={control}
            value={value === undefined ? '' : String(value)}
            onChange={(text) => onChange(text === '' ? undefined : text)}
          />
        ) : (
          kind.draw({ ...props, control })
        )
      }
    </FieldFrame>
  );
}

/** A value that the field's control can't show: nothing of it is lost. */
function ForeignField(props: ConfigFieldViewProps) {
  const { field, value, onChange } = props;
  const messages = useMessages(props, true);
  const isText = typeof value === 'string';
  return (
    <FieldFrame
      label={field.title}
      help={isText ? field.help : 'Shown as it is stored: it has a shape that the form does not know.'}
      messages={messages}
    >
      {(control) =>
        isText ? (
          <ExpressionInput
            kind="template"
            control={control}
            value={value}
            onChange={(text) => onChange(text === '' ? undefined : text)}
          />
        ) : (
          <JsonInput control={control} value={value} onChange={onChange} />
        )
      }
    </FieldFrame>
  );
}

function BooleanField(props: ConfigFieldViewProps) {
  const { field, value, onChange } = props;
  const messages = useMessages(props, false);
  return (
    <FieldFrame label={field.title} help={field.help} messages={messages} className="relative pl-6">
      {(control) => (
        <Checkbox
          id={control.id}
          aria-invalid={control.invalid}
          aria-describedby={control.describedBy}
          className="absolute top-1.5 left-0"
          checked={(value ?? field.defaultValue) === true}
          onCheckedChange={(checked) => onChange(checked === true)}
        />
      )}
    </FieldFrame>
  );
}

/** Fields that are there as a whole or not at all, also with nothing set. What was set comes back when it is switched on again. */
function SwitchedFields(props: ConfigFieldViewProps) {
  const { field, value, onChange } = props;
  const messages = useMessages(props, false);
  const left = useRef<JsonValue>({});
  return (
    <div className="flex flex-col gap-3">
      <FieldFrame label={field.title} help={field.help} messages={messages} className="relative pl-6">
        {(control) => (
          <Checkbox
            id={control.id}
            aria-invalid={control.invalid}
            aria-describedby={control.describedBy}
            className="absolute top-1.5 left-0"
            checked={value !== undefined}
            onCheckedChange={(checked) => {
              if (value !== undefined) left.current = value;
              onChange(checked === true ? left.current : undefined);
            }}
          />
        )}
      </FieldFrame>
      {value !== undefined && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
        <div
          role="group"
          aria-label={field.title}
          className="ml-2 flex min-w-0 flex-col gap-4 border-line border-l pl-4"
        >
          {CONTROLS.fields.draw({
            ...props,
            control: { id: props.path, labelId: '', invalid: false, describedBy: undefined },
          })}
        </div>
      )}
    </div>
  );
}

/** The input of another agent. */
function InputField(props: ConfigFieldViewProps) {
  const { field, config } = props;
  return (
    <CalledInputField
      {...props}
      messages={useMessages(props, true)}
      agentId={config[field.input_of ?? '']}
      free={(action) => <FreeField {...props} action={action} />}
    />
  );
}

/** Any JSON value: a text with `{{…}}`, or JSON. */
function FreeField(props: ConfigFieldViewProps & { action?: ReactNode }) {
  const { field, value, onChange } = props;
  const isLine = field.control === 'template';
  const [mode, pick] = useTextOrJson(value, isLine ? 'text' : 'json');
  const messages = useMessages(props, true);
  return (
    <FieldFrame
      label={field.title}
      help={field.help}
      messages={messages}
      optional={!field.required && field.defaultValue === undefined && field.one_of === undefined}
      action={
        props.action ?? (
          <TextOrJsonSwitch label={field.title} mode={mode} value={value} onPick={pick} onChange={onChange} />
        )
      }
    >
      {(control) => <FreeValue mode={mode} multiline={!isLine} value={value} onChange={onChange} control={control} />}
    </FieldFrame>
  );
}

/** A JSON Schema as fields, or as JSON for what fields can't show. */
function SchemaField(props: ConfigFieldViewProps) {
  const { field, value, onChange } = props;
  const [picked, pick] = useState<'fields' | 'json'>('fields');
  const messages = useMessages(props, false);
  const kind = CONTROLS.json_schema;
  const mode = kind.fits(value) ? picked : 'json';
  return (
    <FieldFrame
      label={field.title}
      help={mode === 'fields' ? field.help : 'A JSON Schema of type “object”.'}
      messages={messages}
      optional={!field.required && field.defaultValue === undefined}
      group={mode === 'fields'}
      action={
        kind.fits(value) && (
          <Segments
            label={`${field.title} as`}
            value={mode}
            options={[
              { value: 'fields', label: 'Fields' },
              { value: 'json', label: 'JSON' },
            ]}
            onChange={pick}
          />
        )
      }
    >
      {(control) =>
        mode === 'fields' ? (
          kind.draw({ ...props, control })
        ) : (
          <JsonInput control={control} value={value} onChange={onChange} minLines={6} />
        )
      }
    </FieldFrame>
  );
}

const ConditionExpression = lazy(() => import('./expressions/condition-expression.tsx'));

/** Bare JSONata that holds or does not: conditions where rows can show it, else its text. */
function ConditionField(props: ConfigFieldViewProps & { value: string | undefined }) {
  const { field, value = '', onChange } = props;
  const [picked, pick] = useState<'conditions' | 'expression'>('conditions');
  const messages = useMessages(props, true);
  const change = (text: string) => onChange(text === '' ? undefined : text);
  return (
    <Suspense fallback={<Skeleton className="h-24 w-full" />}>
      <ConditionExpression value={value} onChange={change}>
        {(builder) => {
          const mode = builder === null ? 'expression' : picked;
          return (
            <FieldFrame
              label={field.title}
              help={field.help}
              messages={messages}
              group={mode === 'conditions'}
              action={
                builder !== null && (
                  <Segments
                    label={`${field.title} as`}
                    value={mode}
                    options={[
                      { value: 'conditions', label: 'Conditions' },
                      { value: 'expression', label: 'Expression' },
                    ]}
                    onChange={pick}
                  />
                )
              }
            >
              {(control) =>
                mode === 'conditions' ? (
                  builder
                ) : (
                  <ExpressionInput
                    kind="expression"
                    multiline
                    minLines={3}
                    control={control}
                    value={value}
                    onChange={change}
                  />
                )
              }
            </FieldFrame>
          );
        }}
      </ConditionExpression>
    </Suspense>
  );
}

/** A field of a config that the registry does not name. */
export function UnknownField({
  name,
  value,
  onChange,
}: Pick<ConfigFieldViewProps, 'value' | 'onChange'> & { name: string }) {
  return (
    <FieldFrame label={<code className="font-mono text-xs">{name}</code>}>
      {(control) => <JsonInput control={control} value={value} onChange={onChange} minLines={1} />}
    </FieldFrame>
  );
}
