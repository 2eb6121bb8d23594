import type { DraftNode } from './draft.ts';
import { valueAt } from './field-issues.ts';

/** Names of a node's output fields where its type or config tells them, else null. */
export function outputFields(node: DraftNode): readonly string[] | null {
  const fields = knownFields(node);
  // A node that goes on after an error has its error in the output.
  return fields === null || node.node.on_error === undefined || node.node.on_error === 'fail'
    ? fields
    : [...fields, 'error'];
}

function knownFields(node: DraftNode): readonly string[] | null {
  if (node.node.output_mapping !== undefined) return null;
  if (node.node.type === 'ai.extract') {
    const properties = valueAt(node.config, ['schema', 'properties']);
    return typeof properties === 'object' && properties !== null ? Object.keys(properties) : null;
  }
  const output = node.type?.output ?? null;
  if (output === null || !('shape' in output)) return null;
  const { shape } = output;
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : null;
}
