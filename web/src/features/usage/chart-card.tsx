import { ChartColumn, Table2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { cn } from '@/lib/class-names.ts';

export interface TableOf {
  readonly head: readonly string[];
  /** The first cell names its row. */
  readonly rows: readonly (readonly string[])[];
}

interface ChartCardProps {
  title: string;
  description?: ReactNode;
  /** What the drawing tells, in a sentence, for those who do not see it. */
  summary: string;
  /** The same numbers as a table. */
  table: TableOf;
  className?: string;
  /** Below the drawing. */
  footer?: ReactNode;
  children: ReactNode;
}

/** A drawing with its numbers behind a button. */
export function ChartCard({ title, description, summary, table, className, footer, children }: ChartCardProps) {
  const [asTable, setAsTable] = useState(false);
  const Icon = asTable ? ChartColumn : Table2;
  return (
    <Card className={cn('flex min-w-0 flex-col', className)} aria-label={title}>
      <CardHeader title={title} description={description}>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-pressed={asTable}
          aria-label={`${title} as a table`}
          title={asTable ? 'As a drawing' : 'As a table'}
          onClick={() => setAsTable(!asTable)}
        >
          <Icon aria-hidden="true" />
        </Button>
      </CardHeader>
      {asTable ? (
        <NumbersTable label={title} table={table} />
      ) : (
        <div className="flex-1 p-4">
          <div role="img" aria-label={summary} className="overflow-hidden">
            {children}
          </div>
          {footer}
        </div>
      )}
    </Card>
  );
}

function NumbersTable({ label, table: { head, rows } }: { label: string; table: TableOf }) {
  return (
    <section
      aria-label={`${label}, numbers`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
      tabIndex={0}
      className="max-h-72 overflow-auto focus-visible:outline-offset-[-2px]"
    >
      <table aria-label={label} className="tabular w-full border-collapse text-left text-sm">
        <thead>
          <tr>
            {head.map((each, index) => (
              <th
                key={each}
                scope="col"
                className={cn(
                  'sticky top-0 whitespace-nowrap border-line border-b bg-sunken px-4 py-1.5 font-medium text-faint text-xs',
                  index > 0 && 'text-right',
                )}
              >
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...cells]) => (
            <tr key={name} className="border-line border-b last:border-b-0">
              <th scope="row" className="whitespace-nowrap px-4 py-1.5 font-normal">
                {name}
              </th>
              {cells.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
                <td key={index} className="whitespace-nowrap px-4 py-1.5 text-right text-soft">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export interface LegendEntry {
  readonly label: string;
  readonly colour: string;
  readonly value: string;
}

export function Legend({ entries, className }: { entries: readonly LegendEntry[]; className?: string }) {
  return (
    <ul className={cn('flex flex-wrap gap-x-4 gap-y-1 text-xs', className)}>
      {entries.map(({ label, colour, value }) => (
        <li key={label} className="flex items-center gap-1.5">
          <span aria-hidden="true" className="size-2.5 shrink-0 rounded-xs" style={{ background: colour }} />
          <span className="text-soft">{label}</span>
          <span className="tabular font-medium">{value}</span>
        </li>
      ))}
    </ul>
  );
}
