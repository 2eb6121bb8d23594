import type { ClassifyLabel, JsonValue } from '@agentflow/contracts';

/** A label as an author writes it: a name, or an object that may leave out all but the name. */
export type LabelValue = string | { name: string; description?: string; examples?: string[] };

function isTexts(value: JsonValue | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'));
}

function isLabel(value: JsonValue): boolean {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { name, description = '', examples, ...rest } = value;
  return (
    typeof name === 'string' && typeof description === 'string' && isTexts(examples) && Object.keys(rest).length === 0
  );
}

/** A stored list as labels; null for what rows can't show. */
export function readLabels(value: JsonValue | undefined): LabelValue[] | null {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every(isLabel) ? (value as LabelValue[]) : null;
}

export function labelOf(value: LabelValue): Exclude<ClassifyLabel, string> {
  if (typeof value === 'string') return { name: value, description: '', examples: [] };
  return { name: value.name, description: value.description ?? '', examples: value.examples ?? [] };
}

/** A label with a part changed; one that is only a name stays a name. */
export function withPart(value: LabelValue, part: Partial<Exclude<ClassifyLabel, string>>): LabelValue {
  const { name, description, examples } = { ...labelOf(value), ...part };
  if (typeof value === 'string' && description === '' && examples.length === 0) return name;
  return {
    name,
    ...(description === '' ? {} : { description }),
    ...(examples.length === 0 ? {} : { examples }),
  };
}
