import {
  type AgentDefinition,
  type AgentNode,
  CONDITION_OPERATOR_WORDS,
  type JsonValue,
  nodeType,
  type Role,
} from '@agentflow/contracts';
import type { Approval, Threshold } from './commands.ts';
import { type Edited, refused } from './edited.ts';
import { callOf, findStep } from './find-step.ts';
import { newEdge, reachedFrom } from './graph.ts';
import { amountsAmong, type KnownValue, knownValues, valuesCalled } from './known-values.ts';
import { freeId } from './rename-step.ts';
import { bare, listed, quoted, singular, wordsOf } from './wording.ts';

/** From the left edge of one node to that of the next, and between rows: as the canvas lays them out. */
const COLUMN = 300;
const ROW = 140;

/** Puts a question between a step and all that leads to it; with a threshold, only for what is past it. */
export function addApproval(definition: AgentDefinition, { step, who, when }: Approval): Edited {
  const found = findStep(definition, step);
  if (!found.ok)
    return conditionIn(step)
      ? refused(`${found.message} A condition that I can read compares a number: “when the amount is over 100”.`)
      : found;
  const { node } = found;
  const refusal = whyNot(definition, node);
  if (refusal !== null) return refused(refusal);
  if (when === null) return insert(definition, node, who, null);
  if (when.value === null)
    return refused('I can’t tell which number is meant: write it without separators, as in 1000.');
  const value = comparedValue(definition, node, when);
  if (!value.ok) return value;
  return insert(definition, node, who, {
    expression: value.expression,
    name: value.name,
    operator: when.operator,
    value: when.value,
  });
}

function conditionIn(words: string): boolean {
  return /\s(?:if|when|whenever|where|wenn|falls)\s/i.test(words);
}

function whyNot({ nodes, edges }: AgentDefinition, node: AgentNode): string | null {
  const incoming = edges.filter(({ target }) => target === node.id);
  if (nodes.filter(({ id }) => id === node.id).length > 1)
    return `Several steps are called ${quoted(node.id)}: give them different ids first.`;
  if (nodeType(node.type)?.category === 'trigger')
    return `${callOf(node)} starts the agent: nothing can come before it.`;
  if (node.type === 'logic.merge')
    return `${callOf(node)} joins branches, which an approval would do in its place: say which step before or behind it needs the approval.`;
  if (incoming.length === 0) return `Nothing leads to ${callOf(node)} yet: connect it first.`;
  const asking = incoming.map(({ source }) => nodes.find(({ id }) => id === source));
  if (asking.every((each) => each?.type === 'human.approval'))
    return `There is an approval before ${callOf(node)} already.`;
  return null;
}

interface Comparison {
  readonly expression: string;
  readonly name: string;
  readonly operator: Threshold['operator'];
  readonly value: number;
}

function comparedValue(
  definition: AgentDefinition,
  node: AgentNode,
  { field, value }: Threshold,
): ({ ok: true } & KnownValue) | { ok: false; message: string } {
  const earlier = reachedFrom(definition, node.id, 'up');
  const reachable = knownValues(definition).filter(({ expression }) => {
    const [root = ''] = expression.split('.');
    return root === 'trigger' || root === 'context' || earlier.has(root);
  });
  const path = field.trim().replace(/^\{\{\s*|\s*\}\}$/g, '');
  const [root = '', ...rest] = path.split('.');
  if (
    /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(path) &&
    (root === 'trigger' || root === 'context' || earlier.has(root))
  ) {
    return { ok: true, expression: path, name: rest.at(-1) ?? path };
  }
  const named = field === '' ? [] : valuesCalled(reachable, field);
  const open =
    field === '' ||
    wordsOf(`${node.id} ${node.name ?? ''}`)
      .map(singular)
      .includes(singular(bare(field)));
  const meant = named.length > 0 || !open ? named : amountsAmong(reachable);
  const [only, second] = meant;
  if (only !== undefined && second === undefined) return { ok: true, ...only };
  const example = `“when trigger.amount is over ${value ?? 100}”`;
  const what = field === '' ? 'what is compared with the number' : `what ${quoted(field)} is`;
  if (only !== undefined)
    return refused(
      `I can’t tell ${what}: it can be ${listed(meant.map(({ expression }) => expression))}. Say which, as in ${example}.`,
    );
  const known =
    reachable.length === 0 ? '' : ` The draft reads ${listed(reachable.map(({ expression }) => expression))}.`;
  return refused(`I can’t tell ${what}.${known} Say which value, as in ${example}.`);
}

function insert(definition: AgentDefinition, node: AgentNode, who: string, comparison: Comparison | null): Edited {
  const { nodes, edges } = definition;
  const ids = nodes.map(({ id }) => id);
  const suffix =
    wordsOf(node.id)
      .join('_')
      .replaceAll(/[^a-z0-9_]/g, '')
      .slice(0, 50) || 'step';
  const approvalId = freeId(ids, `approve_${suffix}`);
  const checkId = freeId([...ids, approvalId], `check_${suffix}`);
  const asked = askedOf(who);
  const made = [
    ...(comparison === null ? [] : [checkNode(node, checkId, comparison)]),
    approvalNode(node, approvalId, asked.roles, comparison),
  ];
  const first = comparison === null ? approvalId : checkId;
  const led = edges.map((edge) => (edge.target === node.id ? { ...edge, target: first } : edge));
  if (comparison !== null) {
    led.push(newEdge(led, checkId, 'true', approvalId));
    led.push(newEdge(led, checkId, 'false', node.id));
  }
  led.push(newEdge(led, approvalId, 'approved', node.id));
  const moved = movedRight(definition, node, made.length * COLUMN);
  const words =
    comparison === null
      ? ''
      : ` where ${comparison.expression} ${CONDITION_OPERATOR_WORDS[comparison.operator]} ${comparison.value}`;
  return {
    ok: true,
    definition: {
      ...definition,
      nodes: moved.flatMap((each) => (each.id === node.id ? [...made, each] : [each])),
      edges: led,
    },
    did: `Added an approval before ${callOf(node)}${words}.${asked.note}`,
  };
}

const PEOPLE =
  /^(?:an? |the |some )?(?:person|people|human|somebody|someone|anybody|user|me|us|jemanden|einen menschen)$/i;
const ASKED: readonly Role[] = ['owner', 'admin', 'manager'];

/** Roles are known by name. Anybody else is said to be whoever may decide, so that nobody believes otherwise. */
function askedOf(who: string): { roles: readonly Role[]; note: string } {
  const roles = ASKED.filter((role) =>
    wordsOf(who)
      .map(singular)
      .some((word) => word === role || word === `${role}istrator`),
  );
  if (roles.length > 0) return { roles, note: ` Asked is the role ${listed(roles)}.` };
  if (who.trim() === '' || PEOPLE.test(who.trim())) return { roles, note: '' };
  return {
    roles,
    note: ` Whoever may decide approvals is asked: ${quoted(who)} is no role that I know, so set the approvers yourself.`,
  };
}

/** Braces would be read as an expression. */
function inText(node: AgentNode): string {
  const name = node.name?.trim() || node.id;
  return name.replaceAll(/[{}]/g, '').slice(0, 120);
}

function checkNode(node: AgentNode, id: string, { expression, name, operator, value }: Comparison): AgentNode {
  const title = `${name.replaceAll('_', ' ')} ${CONDITION_OPERATOR_WORDS[operator]} ${value}`.slice(0, 200);
  const conditions = { all: [{ field: `{{${expression}}}`, operator, value }] };
  return placed(
    { id, type: 'logic.if', name: `${title.charAt(0).toUpperCase()}${title.slice(1)}`, config: { conditions } },
    node,
    0,
    0,
  );
}

function approvalNode(node: AgentNode, id: string, roles: readonly Role[], comparison: Comparison | null): AgentNode {
  const amount =
    comparison === null ? '' : ` ${comparison.name.replaceAll(/[{}_]/g, ' ')}: {{${comparison.expression}}}`;
  const config: Record<string, JsonValue> = {
    title: `Approve: ${inText(node)}`,
    message: `Go on with ${inText(node)}?${amount}`,
    ...(roles.length === 0 ? {} : { approvers: { users: [], roles: [...roles], teams: [] } }),
  };
  const approval: AgentNode = { id, type: 'human.approval', name: `Approve ${inText(node)}`.slice(0, 200), config };
  return comparison === null ? placed(approval, node, 0, 0) : placed(approval, node, COLUMN, -ROW);
}

function placed(made: AgentNode, { position }: AgentNode, right: number, down: number): AgentNode {
  return position === undefined ? made : { ...made, position: { x: position.x + right, y: position.y + down } };
}

/** Makes room: the step and all behind it. */
function movedRight(definition: AgentDefinition, node: AgentNode, by: number): AgentNode[] {
  const behind = reachedFrom(definition, node.id, 'down');
  return definition.nodes.map((each) => {
    if (each.position === undefined || (each.id !== node.id && !behind.has(each.id))) return each;
    return { ...each, position: { x: each.position.x + by, y: each.position.y } };
  });
}
