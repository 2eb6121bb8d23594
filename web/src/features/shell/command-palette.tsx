import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import {
  ArrowLeftRight,
  Bot,
  CircleDollarSign,
  FolderKanban,
  Gauge,
  Globe,
  KeyRound,
  KeySquare,
  LogOut,
  type LucideIcon,
  Monitor,
  Moon,
  Play,
  Plus,
  Search,
  ShieldCheck,
  Sun,
  UserCog,
  UserPlus,
  Users,
  UsersRound,
} from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useDeferredValue, useState } from 'react';
import { StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';
import { executionsQuery } from '@/features/executions/queries.ts';
import { projectsQuery } from '@/features/projects/queries.ts';
import { formatRelativeTime } from '@/lib/format.ts';
import { pageCommands } from '@/lib/page-commands.ts';
import { signOut } from '@/lib/session.ts';
import { setTheme } from '@/lib/theme.ts';
import { meQuery, useCan } from './queries.ts';
import { useSections } from './sections.ts';
import { useSwitchOrganization } from './use-organization-moves.ts';

/** A page may offer hundreds; more of them are found by their names. */
const PAGE_COMMANDS_AT_ONCE = 6;

/** Go anywhere, do anything: sections, agents by name, their runs, the theme, signing out. */
export default function CommandPalette({ onClose }: { onClose: () => void }) {
  const [search, setSearch] = useState('');
  // "run triage" looks for an agent that is called triage.
  const wanted = useDeferredValue(search.trim().replace(/^run\s+/i, ''));
  const [ofPage] = useState(pageCommands);
  const navigate = useNavigate();
  const sections = useSections();
  const maySeeSecrets = useCan('secrets:read');
  const mayManage = useCan('org:manage');
  const maySeeLimits = useCan('governance:read');
  const agents = useQuery({
    ...agentsQuery({ ...(wanted === '' ? {} : { search: wanted }), limit: 6 }),
    placeholderData: keepPreviousData,
  });
  const projects = useQuery({
    ...projectsQuery({ ...(wanted === '' ? {} : { search: wanted }), limit: 5 }),
    placeholderData: keepPreviousData,
  });
  const executions = useQuery(executionsQuery({ limit: 5 }));
  const found = agents.data?.data.filter((agent) => agent.status !== 'archived') ?? [];
  const me = useQuery(meQuery).data;
  const others = me?.organizations.filter((each) => each.id !== me.organization.id) ?? [];
  const mayWriteProjects = useCan('projects:write');
  const mayInvite = useCan('members:manage');
  const mayWriteExternal = useCan('external_agents:write');
  const switchTo = useSwitchOrganization();
  const choose = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-3 top-[12vh] z-50 mx-auto max-w-xl animate-appear overflow-hidden rounded-xl border border-line bg-raised shadow-pop"
        >
          <Dialog.Title className="sr-only">Search or run a command</Dialog.Title>
          <Command loop label="Commands">
            <div className="flex items-center gap-2.5 border-line border-b px-4">
              <Search className="size-4 shrink-0 text-faint" aria-hidden="true" />
              <Command.Input
                value={search}
                onValueChange={setSearch}
                placeholder="Where to, or what to do?"
                className="h-12 w-full bg-transparent text-base text-text placeholder:text-faint focus-visible:outline-none"
              />
              <Kbd>Esc</Kbd>
            </div>
            <Command.List className="max-h-[min(60vh,26rem)] overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-faint [&_[cmdk-group-heading]]:text-xs">
              <Command.Empty className="px-3 py-8 text-center text-sm text-soft">
                Nothing here is called “{search}”.
              </Command.Empty>
              {ofPage.map(({ heading, commands }) => {
                const fitting = commands.filter(({ label }) => label.toLowerCase().includes(wanted.toLowerCase()));
                if (fitting.length === 0) return null;
                return (
                  <Command.Group key={heading} heading={heading}>
                    {fitting.slice(0, PAGE_COMMANDS_AT_ONCE).map(({ id, label, hint, icon, run }) => (
                      <Command.Item key={id} value={`${label} ${id}`} onSelect={choose(run)} className={ITEM}>
                        {icon}
                        <span className="min-w-0 flex-1 truncate">{label}</span>
                        {hint !== undefined && <span className="text-faint text-xs">{hint}</span>}
                      </Command.Item>
                    ))}
                  </Command.Group>
                );
              })}
              <Command.Group heading="Go to">
                {sections.map((section) => (
                  <Item
                    key={section.to}
                    icon={section.icon}
                    label={section.label}
                    onSelect={choose(() => void navigate({ to: section.to }))}
                  />
                ))}
                <Item
                  icon={Users}
                  label="Members"
                  onSelect={choose(() => void navigate({ to: '/dashboard/settings/members' }))}
                />
                <Item
                  icon={UsersRound}
                  label="Teams"
                  onSelect={choose(() => void navigate({ to: '/dashboard/settings/teams' }))}
                />
                <Item
                  icon={UserCog}
                  label="Roles and permissions"
                  onSelect={choose(() => void navigate({ to: '/dashboard/settings/roles' }))}
                />
                <Item
                  icon={ShieldCheck}
                  label="Security: password and sessions"
                  onSelect={choose(() => void navigate({ to: '/dashboard/settings/security' }))}
                />
                <Item
                  icon={KeyRound}
                  label="API keys"
                  onSelect={choose(() => void navigate({ to: '/dashboard/settings/api-keys' }))}
                />
                {maySeeSecrets && (
                  <Item
                    icon={KeySquare}
                    label="Secrets and model providers"
                    onSelect={choose(() => void navigate({ to: '/dashboard/settings/secrets' }))}
                  />
                )}
                {maySeeLimits && (
                  <Item
                    icon={CircleDollarSign}
                    label="Budgets"
                    onSelect={choose(() => void navigate({ to: '/dashboard/settings/budgets' }))}
                  />
                )}
                {maySeeLimits && (
                  <Item
                    icon={Gauge}
                    label="Rate limits"
                    onSelect={choose(() => void navigate({ to: '/dashboard/settings/rate-limits' }))}
                  />
                )}
                {mayManage && (
                  <Item
                    icon={Globe}
                    label="Network: IP allowlist"
                    onSelect={choose(() => void navigate({ to: '/dashboard/settings/network' }))}
                  />
                )}
              </Command.Group>
              {found.length > 0 && (
                <Command.Group heading="Agents">
                  {found.map((agent) => (
                    <Item
                      key={agent.id}
                      value={`agent ${agent.name} ${agent.id}`}
                      icon={Bot}
                      label={agent.name}
                      hint={statusWord(agent.status)}
                      onSelect={choose(
                        () =>
                          void navigate({
                            to: '/dashboard/agents/$agentId',
                            params: { agentId: agent.id },
                            search: { tab: 'builder' },
                          }),
                      )}
                    />
                  ))}
                  {found.slice(0, wanted === '' ? 3 : 6).map((agent) => (
                    <Item
                      key={`run ${agent.id}`}
                      value={`run ${agent.name} ${agent.id}`}
                      icon={Play}
                      label={`Run ${agent.name}`}
                      onSelect={choose(
                        () =>
                          void navigate({
                            to: '/dashboard/agents/$agentId',
                            params: { agentId: agent.id },
                            search: { tab: 'run' },
                          }),
                      )}
                    />
                  ))}
                </Command.Group>
              )}
              {projects.data !== undefined && projects.data.data.length > 0 && (
                <Command.Group heading="Projects">
                  {projects.data.data.map((project) => (
                    <Item
                      key={project.id}
                      value={`project ${project.name} ${project.id}`}
                      icon={FolderKanban}
                      label={project.name}
                      onSelect={choose(
                        () =>
                          void navigate({ to: '/dashboard/projects/$projectId', params: { projectId: project.id } }),
                      )}
                    />
                  ))}
                </Command.Group>
              )}
              {executions.data !== undefined && executions.data.data.length > 0 && (
                <Command.Group heading="Recent executions">
                  {executions.data.data.map((execution) => (
                    <Command.Item
                      key={execution.id}
                      value={`execution ${execution.agent_name} ${execution.id}`}
                      className={ITEM}
                      onSelect={choose(
                        () =>
                          void navigate({
                            to: '/dashboard/executions/$executionId',
                            params: { executionId: execution.id },
                          }),
                      )}
                    >
                      <StatusIcon status={execution.status} />
                      <span className="min-w-0 flex-1 truncate">{execution.agent_name}</span>
                      <span className="text-faint text-xs">
                        {statusWord(execution.status)} · {formatRelativeTime(execution.created_at, Date.now())}
                      </span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              <Command.Group heading="Do">
                <Item
                  icon={Plus}
                  label="Create an agent"
                  onSelect={choose(() => void navigate({ to: '/dashboard/agents', search: { create: 'describe' } }))}
                />
                {mayWriteProjects && (
                  <Item
                    icon={Plus}
                    label="Create a project"
                    onSelect={choose(() => void navigate({ to: '/dashboard/projects', search: { create: 'new' } }))}
                  />
                )}
                {mayWriteExternal && (
                  <Item
                    icon={Plus}
                    label="Register an external agent"
                    onSelect={choose(
                      () => void navigate({ to: '/dashboard/external-agents', search: { create: 'new' } }),
                    )}
                  />
                )}
                {mayInvite && (
                  <Item
                    icon={UserPlus}
                    label="Invite a member"
                    onSelect={choose(
                      () => void navigate({ to: '/dashboard/settings/members', search: { invite: 'new' } }),
                    )}
                  />
                )}
                {others.map((each) => (
                  <Item
                    key={each.id}
                    value={`switch to organization ${each.name} ${each.id}`}
                    icon={ArrowLeftRight}
                    label={`Switch to ${each.name}`}
                    onSelect={choose(() => switchTo(each.id))}
                  />
                ))}
                <Item icon={Monitor} label="Theme: follow the system" onSelect={choose(() => setTheme('system'))} />
                <Item icon={Sun} label="Theme: light" onSelect={choose(() => setTheme('light'))} />
                <Item icon={Moon} label="Theme: dark" onSelect={choose(() => setTheme('dark'))} />
                <Item icon={LogOut} label="Sign out" onSelect={choose(() => void signOut())} />
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const ITEM =
  'flex h-9 cursor-default select-none items-center gap-2.5 rounded-md px-2.5 text-sm text-text data-[selected=true]:bg-hover';

interface ItemProps {
  icon: LucideIcon;
  label: string;
  hint?: string;
  value?: string;
  onSelect: () => void;
}

function Item({ icon: Icon, label, hint, value, onSelect }: ItemProps) {
  return (
    <Command.Item value={value ?? label} onSelect={onSelect} className={ITEM}>
      <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" />
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {hint && <span className="text-faint text-xs">{hint}</span>}
    </Command.Item>
  );
}
