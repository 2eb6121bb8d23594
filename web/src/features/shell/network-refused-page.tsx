import type { Organization } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { LogOut, RotateCw, ShieldBan } from 'lucide-react';
import { OrganizationMark } from '@/components/organization-mark.tsx';
import { Button } from '@/components/ui/button.tsx';
import { usePageTitle } from '@/lib/page-title.ts';
import { setNetworkRefused, signOut } from '@/lib/session.ts';
import { meQuery } from './queries.ts';
import { useSwitchOrganization } from './use-organization-moves.ts';

/** In place of everything, where the organization's allowlist leaves this browser's network out. */
export function NetworkRefusedPage({ organization }: { organization: Organization }) {
  usePageTitle('Closed to this network');
  const switchTo = useSwitchOrganization();
  const others = useQuery(meQuery).data?.organizations.filter((each) => each.id !== organization.id) ?? [];
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[12vh] pb-10">
      <div className="w-full max-w-md">
        <span className="mb-5 flex size-10 items-center justify-center rounded-lg border border-line bg-surface text-faint shadow-card">
          <ShieldBan className="size-5" aria-hidden="true" />
        </span>
        <h1 className="break-words font-semibold text-2xl tracking-tight">
          {organization.name} is closed to this network
        </h1>
        <p className="mt-2 text-pretty text-soft">
          The organization is open only from certain networks, and your address is not among them. Connect to one that
          is, for instance your office or its VPN, and try again. Owners and admins keep the list in the settings, under
          IP allowlist.
        </p>
        <div className="mt-5 flex flex-wrap gap-2">
          <Button variant="primary" onClick={() => setNetworkRefused(false)}>
            <RotateCw aria-hidden="true" /> Try again
          </Button>
          <Button onClick={() => void signOut()}>
            <LogOut aria-hidden="true" /> Sign out
          </Button>
        </div>
        {others.length > 0 && (
          <section aria-labelledby="other-organizations" className="mt-8">
            <h2 id="other-organizations" className="mb-2 font-medium text-sm">
              Your other organizations
            </h2>
            <ul className="divide-y divide-line rounded-xl border border-line bg-surface shadow-card">
              {others.map((each) => (
                <li key={each.id} className="flex items-center gap-3 px-4 py-2.5">
                  <OrganizationMark name={each.name} />
                  <span className="min-w-0 flex-1 truncate">{each.name}</span>
                  <Button size="sm" aria-label={`Switch to ${each.name}`} onClick={() => switchTo(each.id)}>
                    Switch
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </main>
  );
}
