import { limitReached } from './failure.ts';
import type { BaseFrame, Frame } from './jsonata-internals.ts';
import { EXPRESSION_LIMITS } from './limits.ts';
import { isCallable, Meter, misplacedFunction, notCallable } from './meter.ts';
import { regexEngine } from './regex.ts';
import type { SyntaxNode } from './syntax-tree.ts';

/**
 * What is watched at a node when it has a value. `weigh`: an operator or filter will walk it. `call`: it is about to be
 * called (JSONata writes into whatever that is, so data must not get there). `mutate`: a transform will change data, and
 * must not copy a function's insides into it. `field`: it becomes a field of an object, where a function called `then`
 * would make JavaScript wait for it for ever.
 */
export type NodeDuty = 'weigh' | 'call' | 'mutate' | 'field';

/** `$toMillis` fills parts that its text leaves out from the current time; a fixed one keeps replays equal. */
const FIXED_TIME = new Date(0);

function begin(base: BaseFrame): Meter {
  const meter = new Meter();
  base.meter = meter;
  base.timestamp = FIXED_TIME;
  base.RegexEngine = regexEngine(meter);
  return meter;
}

/** Elements that looking up a name in nested arrays visits. */
function nestedLength(array: readonly unknown[]): number {
  let length = array.length;
  for (const item of array) if (Array.isArray(item)) length += nestedLength(item);
  return length;
}

/** Runs before every evaluated node. */
export function enterNode(node: SyntaxNode, input: unknown, frame: Frame): void {
  const { base } = frame;
  const meter = base.meter ?? begin(base);
  meter.step();
  if (base.depth > EXPRESSION_LIMITS.open_evaluations) throw limitReached('recurses too deeply');
  if (node.type === 'name' && Array.isArray(input)) meter.work(8 * nestedLength(input));
}

const MAKES_SEQUENCES = new Set(['name', 'path', 'wildcard', 'descendant']);

function chargeMade(meter: Meter, node: SyntaxNode, result: unknown): void {
  if (MAKES_SEQUENCES.has(node.type)) {
    const made = Array.isArray(result) && (result as { sequence?: boolean }).sequence === true;
    if (made) meter.allocate(8 * result.length);
  } else if (node.type === 'unary' || (node.type === 'binary' && (node.value === '&' || node.value === '..'))) {
    meter.made(result);
  }
  if (node.group !== undefined) meter.made(result);
}

/** A sequence of one is that one: JSONata unwraps it after its callback. */
function onlyOf(result: unknown): unknown {
  const isSequence = Array.isArray(result) && (result as { sequence?: boolean }).sequence === true;
  return isSequence && result.length === 1 ? result[0] : result;
}

/** Gives the callback that runs after every evaluated node of one expression. */
export function leaveNodes(duties: ReadonlyMap<object, NodeDuty>) {
  return (node: SyntaxNode, _input: unknown, frame: Frame, result: unknown): void => {
    const meter = frame.base.meter as Meter;
    chargeMade(meter, node, result);
    switch (duties.get(node)) {
      case 'weigh':
        meter.work(meter.weigh(result));
        break;
      case 'call':
        if (!isCallable(onlyOf(result))) throw notCallable();
        break;
      case 'mutate':
        if (isCallable(onlyOf(result))) throw misplacedFunction();
        meter.forgetWeights();
        break;
      case 'field':
        if (typeof onlyOf(result) === 'function') throw misplacedFunction();
        break;
      default:
        break;
    }
  };
}
