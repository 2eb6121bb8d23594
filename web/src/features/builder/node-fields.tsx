import type { AgentDefinition, AgentNode, DefinitionProblem, JsonValue } from '@agentflow/contracts';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { JsonEditor } from '@/components/json-editor.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { jsonMistake, locateInJson } from '@/lib/json-path.ts';
import { isRecord } from './draft/open-draft.ts';

interface NodeFieldsProps {
  definition: AgentDefinition;
  node: AgentNode;
  problems: readonly DefinitionProblem[];
  lastOutputs: Readonly<Record<string, JsonValue>>;
  onChange: (node: AgentNode) => void;
  readOnly?: boolean;
}

/** What is edited as JSON: everything but id, type, name and position. */
function restOf({ id: _id, type: _type, name: _name, position: _position, ...rest }: AgentNode) {
  return rest;
}

function textOf(node: AgentNode): string {
  const rest = restOf(node);
  return JSON.stringify(Object.keys(rest).length === 1 ? node.config : rest, null, 2);
}

/** The node that a text stands for: a config, or a config with the fields beside it. Null for what is neither. */
function read(text: string, node: AgentNode): AgentNode | null {
  if (jsonMistake(text) !== null) return null;
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return null;
  const { id, type, name, position } = node;
  const own = {
    id,
    type,
    ...(name === undefined ? {} : { name }),
    ...(position === undefined ? {} : { position }),
  };
  // What a field may hold is for validation and the server to say.
  return (isRecord(value.config) ? { ...own, ...value } : { ...own, config: value }) as AgentNode;
}

/** Name and configuration of a node. */
export function NodeFields({ node, problems, onChange, readOnly = false }: NodeFieldsProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const current = textOf(node);
  // What is typed stays as it is for as long as it means the same; a change from elsewhere replaces it.
  const mine = typed === null ? null : read(typed, node);
  const text = typed !== null && (mine === null || textOf(mine) === current) ? typed : current;
  const wholeNode = Object.keys(restOf(node)).length > 1;
  const lineOf = (field: string) => {
    const path = wholeNode && field !== 'output_mapping' ? `config.${field}` : field;
    const place = locateInJson(text, path);
    return place === null ? [] : [text.slice(0, place.from).split('\n').length];
  };
  const own = problems.filter((problem) => problem.node_id === node.id);
  return (
    <div className="flex flex-col gap-4">
      <Field label="Name" optional help="Shown instead of the id.">
        {(control) => (
          <Input
            {...control}
            value={node.name ?? ''}
            maxLength={200}
            autoComplete="off"
            readOnly={readOnly}
            onChange={(event) => {
              const { name: _, ...rest } = node;
              onChange(event.target.value === '' ? rest : { ...node, name: event.target.value });
            }}
          />
        )}
      </Field>
      <div className="flex flex-col gap-1.5">
        <p className="font-medium text-sm">Configuration</p>
        {own.length > 0 && (
          <ul className="flex flex-col gap-1">
            {own.map(({ severity, message, path }) => (
              <li
                key={path + message}
                className={`flex items-start gap-1.5 text-xs ${severity === 'error' ? 'text-failed' : 'text-waiting'}`}
              >
                {severity === 'error' ? (
                  <CircleAlert className="mt-0.5 size-3 shrink-0" aria-label="Error" />
                ) : (
                  <TriangleAlert className="mt-0.5 size-3 shrink-0" aria-label="Warning" />
                )}
                <span className="min-w-0 break-words">{message}</span>
              </li>
            ))}
          </ul>
        )}
        <JsonEditor
          label="Configuration as JSON"
          value={text}
          readOnly={readOnly}
          minLines={6}
          maxLines={20}
          markedLines={own.flatMap(({ field }) => (field === undefined ? [] : lineOf(field)))}
          onChange={(next) => {
            setTyped(next);
            const edited = read(next, node);
            if (edited !== null) onChange(edited);
          }}
        />
      </div>
    </div>
  );
}
