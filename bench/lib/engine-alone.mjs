import { advance, compile, newRun } from '@agentflow/engine';

/**
 * A graph of 100 nodes: a trigger, then eleven groups of a condition, six branches side by side, a merge and a transform.
 *
 * @returns {import('@agentflow/contracts').AgentDefinition}
 */
function hundredNodes() {
  /** @type {import('@agentflow/contracts').AgentNode[]} */
  const nodes = [{ id: 'start', type: 'trigger.manual', config: {} }];
  /** @type {import('@agentflow/contracts').AgentEdge[]} */
  const edges = [];
  /** @param {string} source @param {string} target @param {string} [source_handle] */
  const join = (source, target, source_handle) =>
    edges.push({ id: `e${edges.length}`, source, target, ...(source_handle === undefined ? {} : { source_handle }) });
  let last = 'start';
  for (let group = 0; group < 11; group++) {
    const check = `check${group}`;
    nodes.push({ id: check, type: 'logic.if', config: {} });
    join(last, check);
    for (let branch = 0; branch < 6; branch++) {
      nodes.push({ id: `b${group}_${branch}`, type: 'logic.transform', config: {} });
      join(check, `b${group}_${branch}`, branch < 5 ? 'true' : 'false');
      join(`b${group}_${branch}`, `merge${group}`);
    }
    nodes.push(
      { id: `merge${group}`, type: 'logic.merge', config: {} },
      { id: `after${group}`, type: 'logic.transform', config: {} },
    );
    join(`merge${group}`, `after${group}`);
    last = `after${group}`;
  }
  return { nodes, edges };
}

/** Plans the graph and runs it to its end, `runs` times. @param {number} runs @returns {number} steps a second */
export function stepsPerSecond(runs) {
  const definition = hundredNodes();
  let steps = 0;
  const started = performance.now();
  for (let round = 0; round < runs; round++) {
    const plan = compile(definition);
    const run = newRun();
    const open = advance(plan, run, { type: 'start' });
    for (let change = open.shift(); change !== undefined; change = open.shift()) {
      if (change.type === 'step_skipped') steps++;
      if (change.type !== 'step_started') continue;
      steps++;
      const { key, attempt, node_id } = change.step;
      const handle = node_id.startsWith('check') ? 'true' : 'out';
      open.push(...advance(plan, run, { type: 'step_completed', key, attempt, handle }));
    }
    if (run.status !== 'completed') throw new Error(`the run is ${run.status}`);
  }
  return steps / ((performance.now() - started) / 1000);
}
