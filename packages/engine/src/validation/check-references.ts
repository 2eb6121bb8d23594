import type { JsonValue } from '@agentflow/contracts';
import {
  type CompiledExpression,
  compileExpression,
  hasTemplate,
  parseTemplate,
  type Reference,
  referencesOf,
} from '../expressions/index.ts';
import type { Draft, DraftNode } from './draft.ts';
import { type Branch, exclusiveBranches, upstreamOf } from './graph.ts';
import { isLoop, loopsAround } from './loops.ts';
import { outputFields } from './output-fields.ts';
import type { ProblemSink } from './problem-list.ts';
import { didYouMean } from './suggestion.ts';

const ROOTS = ['trigger', 'context', 'env'];

/** A text of a node's config that holds an expression; `field` is its dotted place. */
interface FieldExpression {
  readonly field: string;
  readonly source: string;
}

export class ReferenceCheck {
  readonly #draft: Draft;
  readonly #envNames: ReadonlySet<string> | null;
  readonly #problems: ProblemSink;
  readonly #upstream = new Map<number, Uint8Array>();
  readonly #around: readonly ReadonlySet<number>[];
  #branches: readonly Branch[] | null = null;

  constructor(draft: Draft, envNames: readonly string[] | undefined, problems: ProblemSink) {
    this.#draft = draft;
    this.#envNames = envNames === undefined ? null : new Set(envNames);
    this.#problems = problems;
    this.#around = loopsAround(draft);
  }

  node(node: DraftNode): void {
    const bare = new Set(node.type?.expressionFields ?? []);
    for (const [key, value] of Object.entries(node.config)) {
      if (bare.has(key)) {
        if (typeof value === 'string' && value !== '') this.#expression(node, { field: key, source: value });
      } else {
        this.#texts(node, value, key, 0);
      }
    }
    const mapping = node.node.output_mapping;
    if (mapping !== undefined) this.#expression(node, { field: 'output_mapping', source: mapping });
  }

  #texts(node: DraftNode, value: JsonValue, field: string, depth: number): void {
    if (typeof value === 'string') {
      if (hasTemplate(value)) this.#template(node, value, field);
    } else if (typeof value === 'object' && value !== null && depth < 100) {
      for (const [key, item] of Object.entries(value)) this.#texts(node, item, `${field}.${key}`, depth + 1);
    }
  }

  #template(node: DraftNode, text: string, field: string): void {
    const template = parseTemplate(text);
    if (!template.ok) {
      this.#problems.node(node, field, { code: 'expression_invalid', message: template.message });
      return;
    }
    for (const part of template.parts) {
      if (part.kind === 'expression') this.#expression(node, { field, source: part.source });
    }
  }

  #expression(node: DraftNode, { field, source }: FieldExpression): void {
    const compilation = compileExpression(source);
    if (!compilation.ok) {
      const excerpt = source.trim().slice(0, 80);
      this.#problems.node(node, field, {
        code: 'expression_invalid',
        message: `The expression "${excerpt}" can’t be used: ${compilation.error.message}`,
      });
      return;
    }
    for (const reference of referencesOf(compilation.expression)) {
      this.reference(node, field, reference, compilation.expression);
    }
  }

  /** Tells what is wrong with one name that an expression of `node` reads. */
  reference(node: DraftNode, field: string, reference: Reference, expression: CompiledExpression): void {
    const { root, path } = reference;
    if (root === 'trigger' || root === 'context' || (root === 'result' && field === 'output_mapping')) return;
    if (root === 'env') {
      this.#env(node, field, path[0]);
      return;
    }
    if (root === 'item') {
      if ((this.#around[node.index]?.size ?? 0) > 0 || isLoop(node)) return;
      this.#problems.node(node, field, {
        severity: 'warning',
        code: 'item_outside_loop',
        message: '"item" is only there inside a loop; here it is null.',
      });
      return;
    }
    const index = this.#draft.indexOf.get(root);
    const target = index === undefined ? undefined : this.#draft.nodes[index];
    if (target === undefined) {
      const known = [...this.#draft.indexOf.keys(), ...ROOTS];
      this.#problems.node(node, field, {
        code: 'unknown_node',
        message: `No node is called "${root}".${didYouMean(root, known)}`,
      });
      return;
    }
    if (!this.#isUpstream(node, target, field)) return;
    if (this.#around[node.index]?.has(target.index)) {
      this.#round(node, target, field, path);
      return;
    }
    const other = [...(this.#around[target.index] ?? [])].find((loop) => !this.#around[node.index]?.has(loop));
    if (other !== undefined) {
      const loop = this.#draft.nodes[other]?.id ?? '';
      this.#problems.node(node, field, {
        code: 'reference_into_loop',
        message: `"${target.id}" runs once in each round of "${loop}": use ${loop}.output.results instead.`,
      });
      return;
    }
    this.#outputPath(node, target, field, path);
    this.#mayBeSkipped(node, target, field, expression);
  }

  #env(node: DraftNode, field: string, name: string | undefined): void {
    if (name === undefined || this.#envNames === null || this.#envNames.has(name)) return;
    this.#problems.node(node, field, {
      code: 'unknown_env',
      message: `There is no secret "${name}".${didYouMean(name, this.#envNames)}`,
    });
  }

  #isUpstream(node: DraftNode, target: DraftNode, field: string): boolean {
    let upstream = this.#upstream.get(node.index);
    if (upstream === undefined) {
      upstream = upstreamOf(this.#draft.graph, node.index);
      this.#upstream.set(node.index, upstream);
    }
    if (target.index !== node.index && upstream[target.index] === 1) return true;
    const message =
      target.index === node.index
        ? `"${node.id}" can’t use its own output.`
        : `"${target.id}" does not run before "${node.id}": connect it upstream, or use an earlier node.`;
    this.#problems.node(node, field, { code: 'reference_not_upstream', message });
    return false;
  }

  /** Of a loop around it, a node sees the round that it runs in; the output comes when all have ended. */
  #round(node: DraftNode, loop: DraftNode, field: string, path: readonly string[]): void {
    const [first] = path;
    if (first === undefined || first === 'item' || first === 'index') return;
    this.#problems.node(node, field, {
      code: 'unknown_reference',
      message: `Inside its rounds "${loop.id}" has only "item" and "index", not "${first}".`,
    });
  }

  #outputPath(node: DraftNode, target: DraftNode, field: string, path: readonly string[]): void {
    const [first, name] = path;
    if (first === undefined) return;
    if (first !== 'output') {
      this.#problems.node(node, field, {
        code: 'unknown_reference',
        message: `A node has only "output": write ${target.id}.output.${first} instead of ${target.id}.${first}.`,
      });
      return;
    }
    const fields = outputFields(target);
    if (name === undefined || fields === null || fields.includes(name)) return;
    this.#problems.node(node, field, {
      severity: 'warning',
      code: 'unknown_output_field',
      message: `The output of "${target.id}" has no "${name}"; it has ${fields.join(', ')}.${didYouMean(name, fields)}`,
    });
  }

  /** An author who writes `??`, a condition or $exists has thought of it. */
  #mayBeSkipped(node: DraftNode, target: DraftNode, field: string, expression: CompiledExpression): void {
    if (expression.source.includes('?') || expression.source.includes('$exists')) return;
    this.#branches ??= exclusiveBranches(
      this.#draft.graph,
      this.#draft.triggers,
      (index) => !isLoop(this.#draft.nodes[index]) && (this.#draft.nodes[index]?.handles?.length ?? 2) > 1,
    );
    const branch = this.#branches.find(({ only }) => only[target.index] === 1 && only[node.index] === 0);
    if (branch === undefined) return;
    const origin = this.#draft.nodes[branch.node]?.id;
    this.#problems.node(node, field, {
      severity: 'warning',
      code: 'reference_other_branch',
      message:
        `"${target.id}" only runs when "${origin}" takes its exit "${branch.handle}"; otherwise its output is null here. ` +
        `Give another value: ${target.id}.output ?? …`,
    });
  }
}

/** Checks every expression of every node: syntax, and that what it names exists before the node runs. */
export function checkReferences(draft: Draft, envNames: readonly string[] | undefined, problems: ProblemSink): void {
  const check = new ReferenceCheck(draft, envNames, problems);
  for (const node of draft.nodes) check.node(node);
}
