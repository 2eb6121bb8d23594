/**
 * What one expression may cost. Clocks stand still while code computes at the edge, so nothing here is a time: a step is
 * about four microseconds of work, and every other bound keeps what happens between two steps small.
 */
export const EXPRESSION_LIMITS = {
  source_characters: 20_000,
  /** Brackets inside brackets in the source. */
  bracket_depth: 100,
  /** Tokens after the parser has copied the left sides of `??` and `?:`. */
  source_tokens: 50_000,
  /** Levels of the syntax tree. */
  tree_depth: 250,
  steps: 200_000,
  /** Evaluations that are open at once: the depth of recursion, plus the width of array and object constructors. */
  open_evaluations: 10_000,
  /** Values in a sequence that an expression builds. */
  sequence: 20_000,
  string_characters: 2_000_000,
  /** Characters (a number or a reference counts as eight) that one evaluation may create in all. */
  allocated: 16_000_000,
  /** Characters of any one value written out, shared parts counted each time. */
  value_weight: 8_000_000,
  value_depth: 200,
  /** Work in characters that is as long as one step. */
  characters_per_step: 512,
  regex_reads_per_step: 16,
  regex_pattern_characters: 1_000,
  regex_program: 5_000,
  result_depth: 100,
} as const;
