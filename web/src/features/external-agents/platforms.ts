import { EXTERNAL_PLATFORMS, type ExternalOperation, type ExternalPlatform } from '@agentflow/contracts';
import { Braces, type LucideIcon, MessagesSquare, Plug, Sparkles, SquareTerminal } from 'lucide-react';

interface PlatformLook {
  readonly name: string;
  readonly icon: LucideIcon;
  /** How it connects, in a few words. */
  readonly how: string;
}

export const PLATFORMS: Record<ExternalPlatform, PlatformLook> = {
  claude_code: { name: 'Claude Code', icon: SquareTerminal, how: 'MCP, by one command' },
  chatgpt: { name: 'ChatGPT', icon: MessagesSquare, how: 'action or connector' },
  gemini: { name: 'Gemini', icon: Sparkles, how: 'MCP, in its settings' },
  openai_sdk: { name: 'OpenAI client', icon: Braces, how: 'base URL and key' },
  custom: { name: 'Custom', icon: Plug, how: 'anything with HTTP' },
};

export const PLATFORM_OPTIONS = EXTERNAL_PLATFORMS.map((value) => ({ value, label: PLATFORMS[value].name }));

export const OPERATIONS: Record<ExternalOperation, { readonly label: string; readonly help: string }> = {
  invoke: { label: 'Call agents', help: 'Start executions of the agents above' },
  read: { label: 'Read', help: 'Read what it started, and list what it may start' },
  cancel: { label: 'Cancel', help: 'Cancel what it started' },
  approve: { label: 'Answer questions', help: 'Decide approvals and fill in forms of what it started' },
};
