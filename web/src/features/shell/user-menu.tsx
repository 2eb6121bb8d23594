import type { Organization, User } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Compass, Keyboard, KeyRound, LogOut, Settings, ShieldCheck } from 'lucide-react';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { signOut } from '@/lib/session.ts';
import { openShortcuts } from '@/lib/shortcuts.ts';
import { startTour } from '@/lib/tour.ts';
import { meQuery } from './queries.ts';

function initials(name: string): string {
  const words = name.split(/[\s@.]+/).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}

export function UserMenu({ user, organization }: { user: User; organization: Organization }) {
  const role = useQuery(meQuery).data?.role;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger
        aria-label={`${initials(user.name || user.email)}, your account`}
        className="flex size-8 items-center justify-center rounded-full border border-line-strong bg-sunken font-semibold text-2xs text-soft hover:bg-hover hover:text-text"
      >
        {initials(user.name || user.email)}
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end" className="w-60">
        <div className="px-2 py-1.5">
          <p className="truncate font-medium text-sm">{user.name || user.email}</p>
          <p className="truncate text-faint text-xs">{user.email}</p>
          <p className="mt-1 truncate text-faint text-xs">
            {organization.name}
            {role && ` · ${role}`}
          </p>
        </div>
        <DropdownMenuSeparator />
        <DropdownMenuItem asChild>
          <Link to="/dashboard/settings/general">
            <Settings aria-hidden="true" /> Settings
          </Link>
        </DropdownMenuItem>
        <DropdownMenuItem asChild>
          <Link to="/dashboard/settings/api-keys">
            <KeyRound aria-hidden="true" /> API keys
          </Link>
        </DropdownMenuItem>
        <DropdownMenuItem asChild>
          <Link to="/dashboard/settings/security">
            <ShieldCheck aria-hidden="true" /> Security
          </Link>
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={openShortcuts}>
          <Keyboard aria-hidden="true" /> Shortcuts
        </DropdownMenuItem>
        <DropdownMenuItem onSelect={startTour}>
          <Compass aria-hidden="true" /> Take the tour
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => void signOut()}>
          <LogOut aria-hidden="true" /> Sign out
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
