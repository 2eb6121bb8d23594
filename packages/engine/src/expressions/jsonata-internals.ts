import jsonata from 'jsonata';
import type { Meter } from './meter.ts';
import type { RegexEngine } from './regex.ts';

/*
 * The seams of JSONata 2.2 that the bounds hang on and that its types leave out: the two callbacks around every
 * evaluated node, the frames, and the records of built-in functions.
 */

export const EVALUATE_ENTRY = Symbol.for('jsonata.__evaluate_entry');
export const EVALUATE_EXIT = Symbol.for('jsonata.__evaluate_exit');

export interface BaseFrame extends Frame {
  /** Evaluations that have begun and not ended. */
  depth: number;
  RegexEngine: new (literal: unknown) => RegexEngine;
  meter?: Meter;
}

export interface Frame {
  readonly base: BaseFrame;
  timestamp: Date;
  lookup(name: string | symbol): unknown;
}

/** `this` of a built-in function. */
export interface Focus {
  readonly environment: Frame;
  readonly input: unknown;
  createSequence(...first: unknown[]): unknown[];
}

export type Implementation = (this: Focus, ...args: never[]) => unknown;

export interface BuiltinFunction {
  readonly _jsonata_function: true;
  readonly implementation: Implementation;
  readonly signature?: unknown;
}

export interface JsonataExpression {
  evaluate(input: unknown): Promise<unknown>;
  assign(name: string | symbol, value: unknown): void;
  ast(): unknown;
}

/** Parses a source; throws JSONata's plain error objects. */
export function parseJsonata(source: string, sequence: number): JsonataExpression {
  // The published types know `assign` with string names only and a narrower tree.
  return jsonata(source, { sequence }) as unknown as JsonataExpression;
}

/** Reads built-in functions out of JSONata's own frame, which no export reaches: an evaluation's first callback sees it. */
export function builtinFunctions(names: readonly string[]): Map<string, BuiltinFunction> {
  const found = new Map<string, BuiltinFunction>();
  const probe = parseJsonata('1', 1);
  probe.assign(EVALUATE_ENTRY, (_node: unknown, _input: unknown, frame: Frame) => {
    for (const name of names) found.set(name, frame.lookup(name) as BuiltinFunction);
  });
  // The callback runs before evaluate() first waits, so `found` is filled when this call returns.
  probe.evaluate(null).catch(() => undefined);
  return found;
}
