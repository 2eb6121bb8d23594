import { idSchema } from '@agentflow/contracts';
import type { ChatAction, MessageEvent } from '../port.ts';

const HASH_CHARACTERS = 16;
const approvalId = idSchema('approval');

/** What a press of a button asks for. */
export interface PressedAction {
  readonly decision: 'approve' | 'deny';
  readonly approval_id: string;
  /** The first characters of the hash of what was shown. */
  readonly action_hash_start: string;
}

/** A button's value, 55 bytes at most: Telegram takes 64. */
function actionValue(decision: ChatAction['id'], approvalId: string, actionHash: string): string {
  return `${decision}:${approvalId}:${actionHash.slice(0, HASH_CHARACTERS)}`;
}

/** Reads what a platform sends back when a button is pressed; null for what no button of ours says. */
export function readActionValue(value: string): PressedAction | null {
  const match = /^(approve|deny):([^:]{1,40}):([0-9a-f]{16})$/.exec(value);
  const id = approvalId.safeParse(match?.[2]);
  if (match === null || !id.success) return null;
  return {
    decision: match[1] as PressedAction['decision'],
    approval_id: id.data,
    action_hash_start: match[3] as string,
  };
}

/** Forms are filled in where they are shown: in the UI. */
export function actionsOf(event: MessageEvent): ChatAction[] {
  if (event.type !== 'approval.requested') return [];
  const { approval_id, action_hash, kind, status } = event.data;
  if (typeof approval_id !== 'string' || typeof action_hash !== 'string') return [];
  if (kind !== 'approval' || status !== 'pending') return [];
  return [
    { id: 'approve', label: 'Approve', value: actionValue('approve', approval_id, action_hash) },
    { id: 'deny', label: 'Deny', value: actionValue('deny', approval_id, action_hash) },
  ];
}
