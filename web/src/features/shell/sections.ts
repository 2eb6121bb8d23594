import type { Permission } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import {
  Bot,
  ClipboardCheck,
  FolderKanban,
  GitPullRequestArrow,
  History,
  LayoutDashboard,
  LayoutTemplate,
  type LucideIcon,
  ScrollText,
  Settings,
  ShieldCheck,
  SquareArrowOutUpRight,
  Webhook,
} from 'lucide-react';
import { meQuery } from './queries.ts';

interface Section {
  readonly to:
    | '/dashboard'
    | '/dashboard/agents'
    | '/dashboard/templates'
    | '/dashboard/executions'
    | '/dashboard/projects'
    | '/dashboard/webhooks'
    | '/dashboard/audit'
    | '/dashboard/approvals'
    | '/dashboard/proposals'
    | '/dashboard/external-agents'
    | '/dashboard/policies'
    | '/dashboard/settings';
  readonly label: string;
  readonly icon: LucideIcon;
  /** Who lacks it does not see the section. */
  readonly permission?: Permission;
}

const SECTIONS: readonly Section[] = [
  { to: '/dashboard', label: 'Overview', icon: LayoutDashboard },
  { to: '/dashboard/agents', label: 'Agents', icon: Bot },
  { to: '/dashboard/templates', label: 'Templates', icon: LayoutTemplate, permission: 'agents:read' },
  { to: '/dashboard/executions', label: 'Executions', icon: History },
  { to: '/dashboard/projects', label: 'Projects', icon: FolderKanban, permission: 'projects:read' },
  { to: '/dashboard/approvals', label: 'Approvals', icon: ClipboardCheck },
  { to: '/dashboard/proposals', label: 'Proposals', icon: GitPullRequestArrow, permission: 'agents:read' },
  {
    to: '/dashboard/external-agents',
    label: 'External agents',
    icon: SquareArrowOutUpRight,
    permission: 'external_agents:read',
  },
  { to: '/dashboard/policies', label: 'Policies', icon: ShieldCheck, permission: 'governance:read' },
  { to: '/dashboard/webhooks', label: 'Webhooks', icon: Webhook, permission: 'webhooks:read' },
  { to: '/dashboard/audit', label: 'Audit', icon: ScrollText, permission: 'audit:read' },
  { to: '/dashboard/settings', label: 'Settings', icon: Settings },
];

/** The sections that the signed-in person may enter; sidebar and command palette read them here. */
export function useSections(): readonly Section[] {
  const permissions = useQuery(meQuery).data?.permissions;
  return SECTIONS.filter(({ permission }) => permission === undefined || permissions?.includes(permission));
}
