import type { AgentFiles } from '@agentflow/agent-files';
import { type AgentDefinition, BUILTIN_TOOLS, describeNodeTypes, type JsonValue } from '@agentflow/contracts';
import type { RefinementJob } from '../../../durable-objects/refinement/client.ts';

/** What a runtime is asked to run. */
export interface RefinerJob {
  readonly agent_definition: AgentDefinition;
  readonly input_payload: Record<string, JsonValue>;
}

/** Of all turns of one refinement, read and written. */
const MAX_TOTAL_TOKENS = 1_500_000;
const MAX_TURNS = 80;
const CHECK = 'check_agent';
const CAN_CHECK = (BUILTIN_TOOLS as readonly string[]).includes(CHECK);

/**
 * The deep agent that works on a draft, and its input. Guide and words come as input: as config they would be read as
 * expressions.
 */
export function refinerJob(job: RefinementJob, files: AgentFiles): RefinerJob {
  const agent = {
    model: job.model,
    system: '{{trigger.guide}}',
    prompt: '{{trigger.task}}',
    tools: CAN_CHECK ? [{ kind: 'builtin', name: CHECK }] : [],
    max_turns: MAX_TURNS,
    max_total_tokens: MAX_TOTAL_TOKENS,
    on_limit: 'answer',
    deep: { planning: true, files: '{{trigger.files}}', ask_people: true },
  };
  return {
    agent_definition: {
      nodes: [
        { id: 'start', type: 'trigger.manual', config: {} },
        { id: 'refine', type: 'ai.agent', name: 'Refine the draft', config: agent },
      ],
      edges: [{ id: 'begin', source: 'start', target: 'refine' }],
    },
    input_payload: { files: { ...files }, guide: guide(), task: taskOf(job, files) },
  };
}

function taskOf({ agent_name, user_prompt, notes }: RefinementJob, files: AgentFiles): string {
  const about =
    Object.keys(files).length === 0 || isEmpty(files)
      ? `The agent "${agent_name}" has no nodes yet: build it.`
      : `Change the agent "${agent_name}".`;
  return [about, `What the person asks for:\n${user_prompt}`, ...(notes === '' ? [] : [notes])].join('\n\n');
}

function isEmpty(files: AgentFiles): boolean {
  return /^nodes:\s*(?:\[\]|\{\})?\s*$/m.test(files['agent.yaml'] ?? '');
}

/** Made on first use: the registry does not change while the Worker lives. */
let guideText: string | undefined;

function guide(): string {
  guideText ??= `${GUIDE}\n\n# Node types\n\n${nodeTypes()}`;
  return guideText;
}

const GUIDE = `You change an agent by editing its files. Your folder holds the whole draft; whatever it holds when you end is
what a person will look at, and approve or reject, so leave it complete and free of notes of your own.

# How to work

1. Read agent.yaml, and what else the request concerns. Write a short plan.
2. Make the smallest change that does all that was asked. Keep ids, names, order and everything else as they are: each
   difference is shown to a person.
3. Use edit_file for small changes, write_file for new files.
4. ${CAN_CHECK ? `Call ${CHECK} at the end. Correct what it reports, and check again.` : 'Read at the end what you wrote, and see that it is a whole agent.'}
5. Answer in one to three plain sentences: what you changed, and what you left open. The person sees this above the diff.

Ask the person only where the request can be read in two ways that lead to different agents. Never write a key, password
or token into a file: name it as {{env.NAME}} and say in your answer which secrets have to be set.

# The files

- agent.yaml: the graph. \`nodes\` is a list of {id, type, name?, config, retry?, timeout_ms?, on_error?, output_mapping?};
  \`edges\` a list of {id, source, target, source_handle?}; \`settings\` and \`input_schema\` where the draft has them.
  Prompts and tools stand in files of their own: the field, or the entry of \`tools\`, is {file: path}.
- prompts/<node>.<field>.md: the text of a field of a node, as it is given to the model.
- tools/<node>.<tool>.json: one tool of an ai.agent node.
- knowledge/<name>.md: notes that deep agents find in their folder.
- tests/<name>.json: {"input": {…}, "expect": {"status"?, "output"?, "contains"?}}.

Look at the files that are there to see the exact form, and keep to it. A new node needs an id (lower case letters, digits
and _, beginning with a letter), its config, and edges that lead to and from it. A graph begins with exactly one trigger
node and has no circles. Inserting a node between a and b takes the edge a→b away and adds two.

# Expressions

Text between {{ and }} is JSONata over what is there when the node runs: {{trigger.field}} is the input,
{{node_id.output.field}} what an earlier node gave, {{env.NAME}} a secret (in outbound calls alone), {{context.key}} shared
context, {{item}} the current item of a loop. A field that is one expression keeps its type; with text around it, it
becomes text. Fields that are marked as bare expressions have no braces. A node can only use nodes that lead to it.`;

function nodeTypes(): string {
  return describeNodeTypes()
    .map(({ type, description, config_schema, handles, output_schema, example }) => {
      const exits = handles.map(({ handle }) => handle).join(', ');
      return [
        `## ${type}`,
        description,
        `config: ${fieldsOf(config_schema)}`,
        ...(exits === '' ? [] : [`exits (source_handle): ${exits}`]),
        ...(output_schema === null ? [] : [`output: ${fieldsOf(output_schema)}`]),
        `example config: ${JSON.stringify(example)}`,
      ].join('\n');
    })
    .join('\n\n');
}

interface Schema {
  readonly type?: string | string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly default?: unknown;
}

const MAX_DEPTH = 2;

/** A schema in the words of TypeScript, as deep as it helps. */
function fieldsOf(schema: Schema, depth = 0): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join('|');
  if (depth > MAX_DEPTH) return 'object';
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((each) => fieldsOf(each, depth + 1)).join(' | ');
  if (schema.properties !== undefined) return objectOf(schema.properties, schema.required ?? [], depth);
  if (schema.type === 'array') return `[${schema.items === undefined ? 'any' : fieldsOf(schema.items, depth + 1)}]`;
  return Array.isArray(schema.type) ? schema.type.join('|') : (schema.type ?? 'any');
}

function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[], depth: number): string {
  const fields = Object.entries(properties).map(
    ([name, field]) => `${name}${required.includes(name) ? '' : '?'}: ${fieldsOf(field, depth + 1)}`,
  );
  return `{${fields.join(', ')}}`;
}
