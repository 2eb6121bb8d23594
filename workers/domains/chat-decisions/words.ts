import type { ChatPlatform, DecisionBarrier } from '@agentflow/contracts';
import type { ApprovalView } from '../../../durable-objects/execution/client.ts';

export const PLATFORM_NAMES: Readonly<Record<ChatPlatform, string>> = {
  teams: 'Microsoft Teams',
  discord: 'Discord',
  slack: 'Slack',
  telegram: 'Telegram',
  generic: 'Webhook',
  email: 'E-mail',
};

/** What somebody who has pressed a button is told, and nobody else. */
export const WORDS = {
  unknownButton: 'This button is not one of AgentFlow.',
  switchedOff: 'Decisions from this chat are switched off.',
  notConnected: (platform: ChatPlatform) =>
    `Your ${PLATFORM_NAMES[platform]} account is not connected to a member of the organization. Connect it within 15 minutes, then press again.`,
  address: (platform: ChatPlatform) =>
    `The organization lets in certain addresses only, and that of ${PLATFORM_NAMES[platform]} is none of them.`,
  gone: 'What was asked here is not there any more.',
  changed: 'What waits to be decided is not what this message shows.',
  form: 'This asks for answers, which are given in AgentFlow.',
  barriers: {
    own_execution: 'You started the execution, so somebody else has to decide.',
    not_named: 'Certain people are asked here, and you are none of them.',
    no_permission: 'Your role may not decide approvals.',
  } satisfies Record<DecisionBarrier, string>,
} as const;

/** Why a question that is closed can't be decided. */
export function refusalWords({ status, decided_by }: ApprovalView): string {
  if (status === 'expired') return 'Nobody decided in time: it has expired.';
  if (status === 'cancelled') return 'The execution has ended: nothing is to be decided any more.';
  return `It was ${status} already${decided_by === null ? '' : ` by ${decided_by.name}`}.`;
}
