import {
  type AgentDefinition,
  type AgentNode,
  configSchemaOf,
  type DefinitionProblem,
  type JsonValue,
  type NodeType,
  nodeType,
} from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useId, useMemo } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { envNamesQuery } from '@/features/secrets/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { ConfigFieldList } from './config-field-list.tsx';
import { type ConfigField, configFields } from './config-fields.ts';
import { JsonInput } from './controls/json-value.tsx';
import { Disclosure } from './disclosure.tsx';
import { ExpressionInput } from './expressions/expression-input.tsx';
import { FailureSettings } from './failure-settings.tsx';
import { FieldFrame, Messages } from './field-frame.tsx';
import { FormContext } from './form-context.ts';
import { isFoundInText, messageBeside, problemsAt, withOwn } from './node-changes.ts';

interface NodeFormProps {
  definition: AgentDefinition;
  node: AgentNode;
  problems: readonly DefinitionProblem[];
  /** Output of each node in the last run by its id, the input under `trigger`. Empty without a run. */
  lastOutputs: Readonly<Record<string, JsonValue>>;
  onChange: (node: AgentNode) => void;
  readOnly?: boolean;
}

const NO_FIELDS: readonly ConfigField[] = [];
const fieldsOfTypes = new Map<string, readonly ConfigField[]>();

function fieldsOf(type: NodeType): readonly ConfigField[] {
  const known = fieldsOfTypes.get(type.type) ?? configFields(configSchemaOf(type));
  fieldsOfTypes.set(type.type, known);
  return known;
}

/** Edits everything of a node but its id, its position and its type. What it does not know it keeps, and shows as JSON. */
export function NodeForm({
  definition,
  node,
  problems,
  lastOutputs,
  onChange,
  readOnly = false,
}: NodeFormProps): ReactNode {
  const maySeeSecrets = useCan('secrets:read');
  const envNames = useQuery({ ...envNamesQuery, enabled: maySeeSecrets }).data;
  const own = useMemo(() => problems.filter((problem) => problem.node_id === node.id), [problems, node.id]);
  const context = useMemo(
    () => ({ definition, node, problems: own, lastOutputs, envNames, readOnly }),
    [definition, node, own, lastOutputs, envNames, readOnly],
  );
  const type = nodeType(node.type);
  const fields = type === undefined ? NO_FIELDS : fieldsOf(type);
  return (
    <FormContext value={context}>
      {/* A node's fields belong to it alone: nothing that is being typed may move to the next one. */}
      <fieldset key={node.id} disabled={readOnly} className="flex min-w-0 flex-col gap-4">
        <Fields node={node} type={type} fields={fields} problems={own} onChange={onChange} />
      </fieldset>
    </FormContext>
  );
}

interface FieldsProps {
  node: AgentNode;
  type: NodeType | undefined;
  fields: readonly ConfigField[];
  problems: readonly DefinitionProblem[];
  onChange: (node: AgentNode) => void;
}

/** What stands at none of the fields. */
function generalProblems(fields: readonly ConfigField[], problems: readonly DefinitionProblem[]) {
  const places = [...fields.map((field) => field.name), 'output_mapping'];
  const beside = new Set(places.flatMap((place) => problemsAt(problems, place)));
  return problems.filter((problem) => !beside.has(problem));
}

function Fields({ node, type, fields, problems, onChange }: FieldsProps) {
  const isTrigger = type?.category === 'trigger';
  const hasFailureSettings = node.retry !== undefined || node.timeout_ms !== undefined || node.on_error !== undefined;
  return (
    <>
      {type !== undefined && <p className="text-sm text-soft">{type.description}</p>}
      <Messages messages={generalProblems(fields, problems)} />
      <FieldFrame label="Name" optional help="Shown instead of the id.">
        {(control) => (
          <Input
            id={control.id}
            aria-describedby={control.describedBy}
            autoComplete="off"
            maxLength={200}
            placeholder={type?.title ?? node.id}
            value={node.name ?? ''}
            onChange={(event) => onChange(withOwn(node, 'name', event.target.value || undefined))}
          />
        )}
      </FieldFrame>
      {type === undefined ? (
        <UnknownType node={node} onChange={onChange} />
      ) : (
        <ConfigFieldList
          fields={fields}
          config={node.config}
          path=""
          besides={[]}
          onChange={(config) => onChange({ ...node, config })}
        />
      )}
      {(!isTrigger || hasFailureSettings) && (
        <Disclosure title="Failures and time" note={failureNote(node)}>
          <FailureSettings node={node} onChange={onChange} />
        </Disclosure>
      )}
      {(!isTrigger || node.output_mapping !== undefined) && (
        <Disclosure
          title="Output"
          note={node.output_mapping === undefined ? undefined : 'mapped'}
          forceOpen={problemsAt(problems, 'output_mapping').length > 0}
        >
          <OutputMapping node={node} problems={problems} onChange={onChange} />
        </Disclosure>
      )}
    </>
  );
}

function failureNote({ on_error, retry, timeout_ms }: AgentNode): string | undefined {
  const words = [
    on_error === 'continue' && 'goes on',
    on_error === 'branch' && 'error exit',
    retry !== undefined && `${retry.max_attempts} attempts`,
    timeout_ms !== undefined && `${timeout_ms / 1000} s`,
  ].filter(Boolean);
  return words.length === 0 ? undefined : words.join(', ');
}

function UnknownType({ node, onChange }: Pick<FieldsProps, 'node' | 'onChange'>) {
  const id = useId();
  return (
    <FieldFrame
      label="Configuration"
      help={`This release does not know nodes of type “${node.type}”. What stands here is kept as it is.`}
    >
      {(control) => (
        <JsonInput
          control={{ ...control, id }}
          value={node.config}
          minLines={6}
          onChange={(config) => {
            const isObject = typeof config === 'object' && config !== null && !Array.isArray(config);
            if (isObject) onChange({ ...node, config });
          }}
        />
      )}
    </FieldFrame>
  );
}

function OutputMapping({ node, problems, onChange }: Omit<FieldsProps, 'type' | 'fields'>) {
  const messages = problemsAt(problems, 'output_mapping')
    .filter((problem) => !isFoundInText(problem))
    .map((problem) => ({ severity: problem.severity, message: messageBeside(problem, 'output_mapping') }));
  return (
    <FieldFrame
      label="Output mapping"
      optional
      messages={messages}
      help="JSONata that makes the output of this node; result is what it gave by itself."
    >
      {(control) => (
        <ExpressionInput
          kind="expression"
          multiline
          minLines={2}
          field="output_mapping"
          control={control}
          placeholder={'{ "total": result.body.total }'}
          value={node.output_mapping ?? ''}
          onChange={(text) => onChange(withOwn(node, 'output_mapping', text === '' ? undefined : text))}
        />
      )}
    </FieldFrame>
  );
}
