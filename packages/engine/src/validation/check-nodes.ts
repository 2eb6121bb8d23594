import { type JsonValue, NODE_ID_PATTERN, NODE_TYPES, RESERVED_NODE_IDS } from '@agentflow/contracts';
import { hasTemplate } from '../expressions/index.ts';
import type { Draft, DraftNode } from './draft.ts';
import { checkSchema } from './json-schema.ts';
import type { ProblemList } from './problem-list.ts';
import { didYouMean } from './suggestion.ts';

/** Tells what is wrong with a model reference, or null: the catalogue is outside the engine. */
export type CheckModel = (model: string, needs: { readonly tools: boolean }) => string | null;

function checkId(draft: Draft, node: DraftNode, problems: ProblemList): void {
  const { id } = node;
  if (draft.indexOf.get(id) !== node.index) {
    problems.node(node, 'id', { code: 'duplicate_node_id', message: `Another node is already called "${id}".` });
  }
  if (RESERVED_NODE_IDS.includes(id)) {
    problems.node(node, 'id', {
      code: 'reserved_node_id',
      message: `"${id}" has a meaning in expressions; take another id.`,
    });
  } else if (!NODE_ID_PATTERN.test(id)) {
    problems.node(node, 'id', {
      code: 'invalid_node_id',
      message: `The id "${id}" must start with a lower-case letter and hold only lower-case letters, digits and _ (at most 63).`,
    });
  }
}

function checkModelFields(node: DraftNode, checkModel: CheckModel, problems: ProblemList): void {
  if (node.type?.category !== 'ai') return;
  const own = (field: string) => (Object.hasOwn(node.config, field) ? node.config[field] : undefined);
  const check = (field: string, model: JsonValue | undefined) => {
    if (typeof model !== 'string' || hasTemplate(model)) return;
    if (node.issues.some(({ path }) => path.join('.') === field)) return;
    const message = checkModel(model, { tools: node.node.type === 'ai.agent' });
    if (message !== null) problems.node(node, field, { code: 'unknown_model', message });
  };
  check('model', own('model'));
  const chain = own('fallback');
  if (Array.isArray(chain)) for (const [index, model] of chain.entries()) check(`fallback.${index}`, model);
}

function checkAnswerSchema(node: DraftNode, problems: ProblemList): void {
  const schema = Object.hasOwn(node.config, 'schema') ? node.config.schema : undefined;
  const hasSchema = node.type?.category === 'ai' || node.type?.category === 'human';
  if (!hasSchema || typeof schema !== 'object' || schema === null) return;
  for (const { path, message } of checkSchema(schema as JsonValue)) {
    const field = path === '' ? 'schema' : `schema.${path}`;
    problems.node(node, field, { code: 'schema_invalid', message: `${field} ${message}.` });
  }
}

function checkToolParameters(node: DraftNode, problems: ProblemList): void {
  const { tools } = node.config;
  if (node.node.type !== 'ai.agent' || !Array.isArray(tools)) return;
  for (const [index, tool] of tools.entries()) {
    if (typeof tool !== 'object' || tool === null || Array.isArray(tool) || tool.parameters === undefined) continue;
    for (const { path, message } of checkSchema(tool.parameters)) {
      const field = `tools.${index}.parameters${path === '' ? '' : `.${path}`}`;
      problems.node(node, field, { code: 'schema_invalid', message: `${field} ${message}.` });
    }
  }
}

/** Checks what each node is on its own: id, type, config against its type's schema, model, answer schema. */
export function checkNodes(draft: Draft, checkModel: CheckModel | undefined, problems: ProblemList): void {
  for (const node of draft.nodes) {
    checkId(draft, node, problems);
    if (node.type === undefined) {
      problems.node(node, 'type', {
        code: 'unknown_node_type',
        message: `There is no node type "${node.node.type}".${didYouMean(node.node.type, Object.keys(NODE_TYPES))}`,
      });
      continue;
    }
    for (const { path, message } of node.issues) {
      const field = path.join('.');
      problems.node(node, field, {
        code: 'config_invalid',
        message: `${field === '' ? 'The configuration' : field} ${message}.`,
      });
    }
    if (checkModel !== undefined) checkModelFields(node, checkModel, problems);
    checkAnswerSchema(node, problems);
    checkToolParameters(node, problems);
  }
}
