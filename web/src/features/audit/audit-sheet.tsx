import type { AuditEntry } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { ArrowUpRight, ListFilter, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { CopyButton } from '@/components/copy-button.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { browserName } from '@/lib/browser-name.ts';
import { formatExactTime } from '@/lib/format.ts';
import type { AuditSearch } from './audit-filters.tsx';
import { actorName, auditSentence } from './audit-sentence.ts';
import { resourceLink } from './resource-link.ts';

/** All that is known of one entry, with ways on: its resource, and the list of what is like it. */
const ACTOR_KINDS = { user: 'Person', api_key: 'API key', external_agent: 'External agent', system: 'Actor' } as const;

export function AuditSheet({ entry, onClose }: { entry: AuditEntry | null; onClose: () => void }) {
  return (
    <Sheet open={entry !== null} onOpenChange={(open) => !open && onClose()} title="Audit entry" side="right">
      {entry !== null && <EntryDetails entry={entry} onClose={onClose} />}
    </Sheet>
  );
}

function EntryDetails({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const link = resourceLink(entry);
  return (
    <>
      <div className="flex items-start gap-3 border-line border-b px-5 py-4">
        <div className="min-w-0 flex-1">
          <p className="text-base">
            <strong className="font-semibold">{actorName(entry)}</strong> {auditSentence(entry)}
          </p>
          <p className="mt-0.5 text-faint text-xs">
            {formatExactTime(entry.at)} · <RelativeTime iso={entry.at} />
          </p>
        </div>
        <Button variant="ghost" size="icon-sm" aria-label="Close" className="-mr-1.5" onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </div>
      <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto px-5 py-4">
        <dl className="flex flex-col gap-3 text-sm">
          <Fact name="Action" value={entry.action} filter={{ action: entry.action }} onClose={onClose} />
          <Fact
            name={ACTOR_KINDS[entry.actor.type]}
            value={entry.actor.id}
            filter={{ actor_id: entry.actor.id }}
            onClose={onClose}
          />
          <Fact
            name={`On (${entry.resource.type.replaceAll('_', ' ')})`}
            value={entry.resource.id}
            filter={{ resource_type: entry.resource.type, resource_id: entry.resource.id }}
            onClose={onClose}
          >
            {link !== null && (
              <Button asChild variant="ghost" size="icon-sm" className="size-6">
                <Link {...link} aria-label="Open it" title="Open it">
                  <ArrowUpRight aria-hidden="true" />
                </Link>
              </Button>
            )}
          </Fact>
          <Fact name="Address" value={entry.ip} />
          <Fact name={`Program (${browserName(entry.user_agent)})`} value={entry.user_agent} />
          <Fact name="Request" value={entry.request_id} />
          <Fact name="Entry" value={entry.id} />
        </dl>
        <section aria-label="Details">
          <h3 className="mb-1.5 font-medium text-sm">Details</h3>
          {Object.keys(entry.details).length === 0 ? (
            <p className="text-faint text-sm">The action tells it all.</p>
          ) : (
            <JsonView value={entry.details} label="details" />
          )}
        </section>
      </div>
    </>
  );
}

interface FactProps {
  name: string;
  value: string;
  /** Leads to the list of entries that share it. */
  filter?: AuditSearch;
  onClose?: () => void;
  children?: ReactNode;
}

function Fact({ name, value, filter, onClose, children }: FactProps) {
  return (
    <div>
      <dt className="text-faint text-xs">{name}</dt>
      <dd className="flex items-start gap-1">
        <code className="min-w-0 flex-1 break-all pt-0.5 font-mono text-text text-xs">
          {value === '' ? '–' : value}
        </code>
        {children}
        {value !== '' && <CopyButton value={value} label={`Copy ${name.toLowerCase()}`} />}
        {filter !== undefined && (
          <Button asChild variant="ghost" size="icon-sm" className="size-6">
            <Link
              to="/dashboard/audit"
              search={filter}
              aria-label={`Only entries with this ${name.toLowerCase()}`}
              title="Only entries like this"
              onClick={onClose}
            >
              <ListFilter aria-hidden="true" />
            </Link>
          </Button>
        )}
      </dd>
    </div>
  );
}
