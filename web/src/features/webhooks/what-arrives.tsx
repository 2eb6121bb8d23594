import { typesOf } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CodeBlock } from '@/components/code-block.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/select.tsx';
import { eventTypesQuery } from '@/features/targets/event-types.ts';

interface WhatArrivesProps {
  events: readonly string[];
  headers: Readonly<Record<string, string>>;
}

/** A request as the receiver gets it, of one of the chosen events. */
export function WhatArrives({ events, headers }: WhatArrivesProps) {
  const [wanted, setWanted] = useState<string | null>(null);
  const all = useQuery(eventTypesQuery).data?.data ?? [];
  const chosen = new Set<string>(events.flatMap(typesOf));
  const offered = all.filter(({ type, state }) => state === 'active' && chosen.has(type));
  const shown = offered.find(({ type }) => type === wanted) ?? offered[0];
  return (
    <Card>
      <CardHeader title="What arrives" description="An example; every request is signed.">
        {shown !== undefined && offered.length > 1 && (
          <Select
            label="Example of"
            className="max-w-52 [&>span]:truncate"
            value={shown.type}
            options={offered.map(({ type }) => ({ value: type, label: type }))}
            onValueChange={setWanted}
          />
        )}
      </CardHeader>
      <div className="flex flex-col gap-3 p-4">
        {shown === undefined ? (
          <p className="text-sm text-soft">Choose an event to see what it brings.</p>
        ) : (
          <>
            <CodeBlock label="Headers" code={headerExample(headers)} />
            <CodeBlock
              label={`Body of ${shown.type}`}
              code={JSON.stringify(
                {
                  id: 'evt_…',
                  type: shown.type,
                  version: shown.version,
                  timestamp: new Date(0).toISOString().replace('1970-01-01', '2027-01-15'),
                  organization_id: 'org_…',
                  data: shown.example,
                },
                null,
                2,
              )}
            />
          </>
        )}
      </div>
    </Card>
  );
}

function headerExample(own: Readonly<Record<string, string>>): string {
  return [
    'content-type: application/json',
    'webhook-id: evt_…',
    'webhook-timestamp: 1800000000',
    'webhook-signature: v1,…',
    'x-webhook-signature: …',
    ...Object.entries(own).map(([name, value]) => `${name.toLowerCase()}: ${value}`),
  ].join('\n');
}
