import type { ChatAccount } from '@agentflow/contracts';

/** Where the API has a linked account; `-` stands for no workspace. */
export function accountPath({ platform, workspace, account_id }: ChatAccount): string {
  return `/chat-accounts/${platform}/${encodeURIComponent(workspace || '-')}/${encodeURIComponent(account_id)}`;
}
