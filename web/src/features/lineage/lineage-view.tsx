import type { LineageGraph as Graph } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { FileJson, Image, ListTree, Network } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { download, downloadJson } from '@/lib/download.ts';
import { formatCount } from '@/lib/format.ts';
import { LineageList } from './lineage-list.tsx';
import { type LineageOf, lineageQuery } from './queries.ts';

const LineageGraph = lazy(() => import('./lineage-graph.tsx'));

interface LineageViewProps {
  of: LineageOf;
  /** Its files are named by it. */
  name: string;
  /** Goes into the exported JSON beside the graph. */
  about?: unknown;
  /** What is shown beside the graph: of the chosen node, or of the first one. */
  details: (node: Graph['nodes'][number]) => ReactNode;
}

/** The lineage with what is known of one of its nodes beside it. */
export function LineageView({ of, name, about, details }: LineageViewProps) {
  const lineage = useQuery(lineageQuery(of));
  const [shape, setShape] = useState<'graph' | 'list'>(() =>
    matchMedia('(min-width: 40rem)').matches ? 'graph' : 'list',
  );
  const [chosen, setChosen] = useState<string>();
  const panel = useRef<HTMLElement>(null);
  if (lineage.error && lineage.data === undefined) {
    return <ProblemCallout error={lineage.error} onRetry={() => void lineage.refetch()} className="m-5" />;
  }
  const graph = lineage.data;
  const node = graph?.nodes.find(({ id }) => id === chosen) ?? graph?.nodes[0];
  const savePicture = async (shown: Graph) => {
    try {
      const { drawLineage } = await import('./draw-lineage.ts');
      download(await drawLineage(shown, `Lineage of ${name}`), `lineage-${name}.png`);
    } catch (error) {
      toast.error(error instanceof Error ? error.message : 'The picture could not be made.');
    }
  };
  const open = (id: string) => {
    setChosen(id);
    panel.current?.focus();
  };
  return (
    <div className="grid min-h-0 flex-1 grid-rows-[minmax(0,1fr)] max-lg:grid-rows-[minmax(16rem,45%)_minmax(0,1fr)] lg:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
      <section aria-label="Lineage" className="flex min-h-0 min-w-0 flex-col border-line max-lg:border-b lg:border-r">
        <div className="flex flex-wrap items-center gap-2 border-line border-b px-3 py-1.5">
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would break the row that it stands in */}
          <div role="group" aria-label="Show as" className="flex gap-0.5 rounded-md bg-sunken p-0.5 dark:bg-hover">
            {(
              [
                ['graph', 'Graph', Network],
                ['list', 'List', ListTree],
              ] as const
            ).map(([each, label, Icon]) => (
              <Button
                key={each}
                variant="ghost"
                size="sm"
                aria-pressed={shape === each}
                onClick={() => setShape(each)}
                className="h-6 px-2 aria-pressed:bg-surface aria-pressed:text-text aria-pressed:shadow-card dark:aria-pressed:bg-line-strong"
              >
                <Icon aria-hidden="true" /> {label}
              </Button>
            ))}
          </div>
          {graph !== undefined && (
            <span className="tabular text-faint text-xs" role="status">
              {formatCount(graph.nodes.length)} {graph.nodes.length === 1 ? 'node' : 'nodes'}
              {graph.truncated && ', the first of more'}
            </span>
          )}
          <span className="flex-1" />
          <Button
            variant="ghost"
            size="sm"
            disabled={graph === undefined}
            aria-label="Export as JSON"
            onClick={() =>
              downloadJson({ ...(about === undefined ? {} : { about }), ...graph }, `lineage-${name}.json`)
            }
          >
            <FileJson aria-hidden="true" /> JSON
          </Button>
          <Button
            variant="ghost"
            size="sm"
            disabled={graph === undefined}
            aria-label="Export as PNG"
            onClick={() => graph !== undefined && void savePicture(graph)}
          >
            <Image aria-hidden="true" /> PNG
          </Button>
        </div>
        <div className="min-h-0 flex-1">
          {graph === undefined ? (
            <Skeleton className="size-full rounded-none" />
          ) : shape === 'list' ? (
            <LineageList graph={graph} selected={node?.id} onSelect={setChosen} />
          ) : (
            <Suspense fallback={<Skeleton className="size-full rounded-none" />}>
              <LineageGraph graph={graph} selected={node?.id} onSelect={setChosen} onOpen={open} />
            </Suspense>
          )}
        </div>
      </section>
      <section
        ref={panel}
        aria-label="Details"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
        tabIndex={0}
        className="min-h-0 min-w-0 overflow-y-auto px-5 py-4 focus-visible:outline-offset-[-2px]"
      >
        {node === undefined ? <Skeleton className="h-40 w-full" /> : details(node)}
      </section>
    </div>
  );
}
