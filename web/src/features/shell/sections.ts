import { Bot, ClipboardCheck, History, LayoutDashboard, type LucideIcon, Settings } from 'lucide-react';

interface Section {
  readonly to:
    | '/dashboard'
    | '/dashboard/agents'
    | '/dashboard/executions'
    | '/dashboard/approvals'
    | '/dashboard/settings';
  readonly label: string;
  readonly icon: LucideIcon;
}

/** The sections of the product; sidebar and command palette read them here. */
export const SECTIONS: readonly Section[] = [
  { to: '/dashboard', label: 'Overview', icon: LayoutDashboard },
  { to: '/dashboard/agents', label: 'Agents', icon: Bot },
  { to: '/dashboard/executions', label: 'Executions', icon: History },
  { to: '/dashboard/approvals', label: 'Approvals', icon: ClipboardCheck },
  { to: '/dashboard/settings', label: 'Settings', icon: Settings },
];
