import type { Organization } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Check, ChevronsUpDown, Search } from 'lucide-react';
import { useState } from 'react';
import { OrganizationMark } from '@/components/organization-mark.tsx';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover.tsx';
import { cn } from '@/lib/class-names.ts';
import { matchesName } from '@/lib/name-filter.ts';
import { meQuery } from './queries.ts';
import { useSwitchOrganization } from './use-organization-moves.ts';

/** With more organizations than this, one is found by typing rather than by looking. */
const SEARCH_FROM = 9;

interface OrganizationSwitcherProps {
  organization: Organization;
  onChosen?: () => void;
}

/** The organization's name; for a person of several also the way to the others. */
export function OrganizationSwitcher({ organization, onChosen }: OrganizationSwitcherProps) {
  const organizations = useQuery(meQuery).data?.organizations ?? [];
  const switchTo = useSwitchOrganization();
  const [open, setOpen] = useState(false);
  if (organizations.length < 2) {
    return (
      <span className="flex h-8 max-w-56 items-center gap-2">
        <OrganizationMark name={organization.name} />
        <span className="truncate font-medium text-sm text-text">{organization.name}</span>
      </span>
    );
  }
  const searchable = organizations.length >= SEARCH_FROM;
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger
        aria-label={`Organization ${organization.name}: switch`}
        className="-ml-1.5 flex h-8 max-w-56 items-center gap-2 rounded-md px-1.5 transition-colors duration-100 hover:bg-hover data-[state=open]:bg-hover"
      >
        <OrganizationMark name={organization.name} />
        <span className="min-w-0 truncate font-medium text-sm text-text">{organization.name}</span>
        <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
      </PopoverTrigger>
      <PopoverContent align="start" className="w-72 max-w-[calc(100vw-1rem)]" aria-label="Your organizations">
        <Command loop label="Your organizations" defaultValue={organization.id} filter={matchesName}>
          <div className={searchable ? 'flex items-center gap-2 border-line border-b px-3' : 'sr-only'}>
            <Search className="size-4 shrink-0 text-faint" aria-hidden="true" />
            <Command.Input
              placeholder="Find an organization"
              className="h-10 w-full bg-transparent text-base text-text placeholder:text-faint focus-visible:outline-none"
            />
          </div>
          <Command.List className="max-h-80 overflow-y-auto p-1">
            <Command.Empty className="px-3 py-6 text-center text-sm text-soft">
              You are in no organization of this name.
            </Command.Empty>
            <Command.Group
              heading="Your organizations"
              className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-faint [&_[cmdk-group-heading]]:text-xs"
            >
              {organizations.map((each) => {
                const current = each.id === organization.id;
                return (
                  <Command.Item
                    key={each.id}
                    value={each.id}
                    keywords={[each.name, each.slug]}
                    onSelect={() => {
                      setOpen(false);
                      if (current) return;
                      onChosen?.();
                      switchTo(each.id);
                    }}
                    className="flex h-9 cursor-default select-none items-center gap-2.5 rounded-md px-2 text-sm text-text data-[selected=true]:bg-hover"
                  >
                    <OrganizationMark name={each.name} />
                    <span className="min-w-0 flex-1 truncate">
                      {each.name}
                      {current && <span className="sr-only"> (current)</span>}
                    </span>
                    <span className="text-faint text-xs capitalize">{each.role}</span>
                    <Check
                      className={cn('size-4 shrink-0 text-accent-text', !current && 'invisible')}
                      aria-hidden="true"
                    />
                  </Command.Item>
                );
              })}
            </Command.Group>
          </Command.List>
        </Command>
      </PopoverContent>
    </Popover>
  );
}
