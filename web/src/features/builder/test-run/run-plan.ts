import type { AgentDefinition, JsonValue, StepStatus } from '@agentflow/contracts';
import { exitOfOutput } from '@agentflow/engine';
import { exitOf, isTrigger } from '../draft/exits.ts';
import { nodeAt, nodeKeys } from '../draft/keys.ts';
import { loopBodies } from '../draft/loop-bodies.ts';
import { nodeLabel } from '../draft/node-facts.ts';

/** How much of the draft a test runs. Nodes are named by their keys. */
export type RunScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'only'; readonly node: string }
  | { readonly kind: 'from'; readonly node: string };

type Outputs = Readonly<Record<string, JsonValue>>;

export interface RunSources {
  readonly definition: AgentDefinition;
  /** What people have pinned, by node id. */
  readonly pins: Outputs;
  /** What nodes gave last, by node id. */
  readonly outputs: Outputs;
  /** How nodes fared in the last run, by node id. */
  readonly statusOf: (nodeId: string) => StepStatus | undefined;
}

export type RunPlan =
  | { readonly ok: true; readonly pinned?: Outputs; readonly only?: readonly string[] }
  | { readonly ok: false; readonly message: string };

type Direction = 'source' | 'target';

/** Ids of all nodes that lie behind some, in one direction; those themselves left out unless a circle leads back. */
function reachable(definition: AgentDefinition, from: Iterable<string>, along: Direction): Set<string> {
  const back = along === 'target' ? 'source' : 'target';
  const found = new Set<string>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const edge of definition.edges) {
      if (edge[back] !== at || found.has(edge[along])) continue;
      found.add(edge[along]);
      open.push(edge[along]);
    }
  }
  return found;
}

/** Names of nodes in a sentence. */
function named(definition: AgentDefinition, ids: readonly string[]): string {
  const names = ids.map((id) => {
    const node = definition.nodes.find((each) => each.id === id);
    return `“${node === undefined ? id : nodeLabel(node)}”`;
  });
  const shown = names.slice(0, 3);
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ');
}

/** The loop in whose rounds a node runs, the innermost one. */
export function loopAround(definition: AgentDefinition, key: string): string | undefined {
  return loopBodies(definition).findLast(({ nodes }) => nodes.has(key))?.loop;
}

/** Why the output of a node can't be pinned, or it can't run by itself; null where it can. */
export function whyNotAlone(definition: AgentDefinition, key: string): string | null {
  const node = nodeAt(definition, key);
  if (node === undefined) return 'This node is gone.';
  const loop = loopAround(definition, key);
  if (loop === undefined) return null;
  const around = nodeAt(definition, loop);
  return `It runs in the rounds of ${around === undefined ? 'a loop' : `“${nodeLabel(around)}”`}: run the loop, or pin what the loop gives.`;
}

/** What a test is asked for, so that it runs a part of the draft on what the other nodes gave last. */
export function planRun(scope: RunScope, sources: RunSources): RunPlan {
  const { definition, outputs, statusOf } = sources;
  const ids = new Set(definition.nodes.map(({ id }) => id));
  const pins = Object.fromEntries(Object.entries(sources.pins).filter(([id]) => ids.has(id)));
  const hasPins = Object.keys(pins).length > 0;
  if (scope.kind === 'all') return { ok: true, ...(hasPins ? { pinned: pins } : {}) };
  const node = nodeAt(definition, scope.node);
  const why = whyNotAlone(definition, scope.node);
  if (node === undefined || why !== null) return { ok: false, message: why ?? 'This node is gone.' };
  const run = new Set([node.id]);
  if (scope.kind === 'from') for (const id of reachable(definition, [node.id], 'target')) run.add(id);
  // A loop runs with what is in its rounds.
  const idOf = new Map(nodeKeys(definition).map((key, index) => [key, definition.nodes[index]?.id ?? key]));
  const bodies = loopBodies(definition);
  for (const { loop, nodes } of bodies) {
    if (run.has(idOf.get(loop) ?? loop)) for (const key of nodes) run.add(idOf.get(key) ?? key);
  }
  const inLoops = new Set(bodies.flatMap(({ nodes }) => [...nodes].map((key) => idOf.get(key) ?? key)));
  const given = { ...outputs, ...pins };
  const pinned: Record<string, JsonValue> = {};
  const missing: string[] = [];
  const before = reachable(definition, [node.id], 'source');
  for (const { id } of definition.nodes) {
    if (!before.has(id) || inLoops.has(id)) continue;
    const output = given[id];
    // The trigger gives what the test is started with.
    if (startsItself(definition, id) && pins[id] === undefined) run.add(id);
    else if (output !== undefined) pinned[id] = output;
    else if (statusOf(id) !== 'skipped') missing.push(id);
  }
  if (missing.length > 0) {
    const one = missing.length === 1;
    return {
      ok: false,
      message: `${named(definition, missing)} ${one ? 'has' : 'have'} no output yet. Run the whole agent once, or pin ${one ? 'its output' : 'their outputs'}.`,
    };
  }
  const reached = wayTo(definition, node.id, pinned);
  if (!reached.ok) return { ok: false, message: reached.message };
  // Branches beside the way that meet it further on; what has no output there stays out of the run.
  for (const id of reachable(definition, run, 'source')) {
    const output = given[id];
    if (!run.has(id) && !inLoops.has(id) && output !== undefined) pinned[id] = output;
  }
  // A pinned node in the part that runs keeps its pin; the one that is asked for runs in any case.
  for (const [id, output] of Object.entries(pins)) if (id !== node.id) pinned[id] = output;
  return { ok: true, pinned, only: [...run] };
}

/** Whether the run gets to a node: pinned outputs leave by their own exits, and a branch may lead elsewhere. */
function wayTo(
  definition: AgentDefinition,
  wanted: string,
  pinned: Outputs,
): { readonly ok: true } | { readonly ok: false; readonly message: string } {
  const byId = new Map(definition.nodes.map((node) => [node.id, node]));
  const known = new Map<string, boolean>();
  const elsewhere = new Set<string>();
  const gets = (id: string): boolean => {
    const before = known.get(id);
    if (before !== undefined) return before;
    // A circle leads nowhere.
    known.set(id, false);
    const found =
      startsItself(definition, id) ||
      definition.edges.some((edge) => {
        const source = byId.get(edge.source);
        if (edge.target !== id || source === undefined || !gets(source.id)) return false;
        const output = pinned[source.id];
        if (output === undefined) return startsItself(definition, source.id);
        if (exitOfOutput(source, output) === exitOf(edge)) return true;
        elsewhere.add(source.id);
        return false;
      });
    known.set(id, found);
    return found;
  };
  if (gets(wanted)) return { ok: true };
  const name = named(definition, [wanted]);
  if (elsewhere.size === 0) return { ok: false, message: `Nothing leads to ${name} from the trigger yet.` };
  const turns = named(definition, [...elsewhere]);
  return {
    ok: false,
    message: `With its last output ${turns} does not lead to ${name}. Pin an output there that does.`,
  };
}

function startsItself(definition: AgentDefinition, id: string): boolean {
  const node = definition.nodes.find((each) => each.id === id);
  return node !== undefined && isTrigger(node.type);
}
