import type { AgentTest, JsonValue } from '@agentflow/contracts';
import { JsonEditor } from '@/components/json-editor.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { Select } from '@/components/ui/select.tsx';
import { useDraft } from '@/features/node-form/use-draft.ts';
import { exampleOf } from '@/lib/example-input.ts';
import { jsonMistake } from '@/lib/json-path.ts';
import { useBuilder } from '../builder-context.ts';

interface TestFormProps {
  test: AgentTest;
  onChange: (test: AgentTest) => void;
  readOnly: boolean;
}

type Expectation = NonNullable<AgentTest['expect']>;

function asObject(text: string): { [name: string]: JsonValue } | null {
  if (jsonMistake(text) !== null) return null;
  const value = JSON.parse(text) as JsonValue;
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

const shown = (value: JsonValue) => JSON.stringify(value, null, 2);

/** Input and expectation of one test case. Text that can't be read yet stays on screen, and the case as it was. */
export function TestForm({ test, onChange, readOnly }: TestFormProps) {
  const schema = useBuilder((builder) => builder.definition.input_schema);
  const [input, setInput, valid] = useDraft<string, { [name: string]: JsonValue }>({
    value: test.input as { [name: string]: JsonValue },
    onChange: (value) => onChange({ ...test, input: value }),
    show: shown,
    read: (text) => {
      const value = asObject(text);
      return value === null ? null : { value };
    },
  });
  const expect = test.expect ?? {};
  const setExpect = (change: { [Key in keyof Expectation]?: Expectation[Key] | undefined }) => {
    const next = Object.fromEntries(
      Object.entries({ ...expect, ...change }).filter(([, value]) => value !== undefined),
    ) as Expectation;
    const { expect: _, ...rest } = test;
    onChange(Object.keys(next).length === 0 ? rest : { ...rest, expect: next });
  };
  return (
    <div className="flex flex-col gap-4">
      <section aria-label="Input" className="flex flex-col gap-1.5">
        <h3 className="font-medium text-sm">Input</h3>
        <JsonEditor
          label="Input as JSON"
          value={input}
          onChange={setInput}
          readOnly={readOnly}
          minLines={5}
          maxLines={16}
          actions={
            schema !== undefined && (
              <Button variant="ghost" size="sm" onClick={() => setInput(shown(exampleOf(schema)))}>
                Example
              </Button>
            )
          }
        />
        {!valid && jsonMistake(input) === null && (
          <p role="alert" className="text-failed text-xs">
            An input is an object: {'{ … }'}
          </p>
        )}
      </section>
      <fieldset disabled={readOnly} className="flex min-w-0 flex-col gap-4">
        <Field label="It has to">
          {(control) => (
            <Select
              {...control}
              className="w-full sm:w-56"
              value={expect.status ?? 'completed'}
              options={[
                { value: 'completed', label: 'Complete' },
                { value: 'failed', label: 'Fail' },
              ]}
              onValueChange={(status) => setExpect({ status: status === 'failed' ? 'failed' : undefined })}
            />
          )}
        </Field>
        <Field label="The output contains the text" optional help="Anywhere in its texts, in the same case.">
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              maxLength={2000}
              value={expect.contains ?? ''}
              onChange={({ target }) => setExpect({ contains: target.value === '' ? undefined : target.value })}
            />
          )}
        </Field>
        <LabelledCheckbox
          label="Compare the output"
          checked={expect.output !== undefined}
          onChange={(checked) => setExpect({ output: checked ? {} : undefined })}
        />
      </fieldset>
      {expect.output !== undefined && (
        <ExpectedOutput
          value={expect.output as JsonValue}
          readOnly={readOnly}
          onChange={(output) => setExpect({ output })}
        />
      )}
    </div>
  );
}

interface ExpectedOutputProps {
  value: JsonValue;
  readOnly: boolean;
  onChange: (value: JsonValue) => void;
}

function ExpectedOutput({ value, readOnly, onChange }: ExpectedOutputProps) {
  const [text, setText] = useDraft<string, JsonValue>({
    value,
    onChange,
    show: shown,
    read: (draft) => (jsonMistake(draft) === null ? { value: JSON.parse(draft) as JsonValue } : null),
  });
  return (
    <section aria-label="Expected output" className="-mt-2 flex flex-col gap-1.5">
      <p className="text-faint text-xs">Objects of the output may have more members than are named here.</p>
      <JsonEditor
        label="Expected output as JSON"
        value={text}
        onChange={setText}
        readOnly={readOnly}
        minLines={4}
        maxLines={16}
      />
    </section>
  );
}
