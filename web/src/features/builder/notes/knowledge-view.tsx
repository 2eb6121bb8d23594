import { BookOpenText } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { EmptyState } from '@/components/empty-state.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useBuilder, useBuilderServices } from '../builder-context.ts';
import { entriesOf, withEntry } from './entries.ts';
import { EntryList } from './entry-list.tsx';

const TextEditor = lazy(() => import('@/features/text-editor/text-editor.tsx'));

/** Notes that go with the draft, which its deep agents find in their folder. */
export default function KnowledgeView() {
  const { store, readOnly } = useBuilderServices();
  const notes = entriesOf(
    useBuilder((builder) => builder.definition),
    'knowledge',
  );
  const [chosen, choose] = useState<string>();
  const selected = chosen !== undefined && Object.hasOwn(notes, chosen) ? chosen : Object.keys(notes)[0];
  const change = (name: string, text: string) => {
    const { definition, change: edit } = store.getState();
    edit(withEntry(definition, 'knowledge', name, text), { group: `knowledge ${name}` });
  };
  return (
    <div className="flex min-h-0 min-w-0 flex-1 max-md:flex-col">
      <EntryList
        kind="knowledge"
        noun="note"
        icon={BookOpenText}
        selected={selected}
        onSelect={choose}
        onAdd={(name) => change(name, `# ${name}\n\n`)}
      />
      {selected === undefined ? (
        <div className="min-w-0 flex-1 overflow-y-auto bg-canvas p-4">
          <EmptyState
            icon={BookOpenText}
            title="What should it know?"
            description="Write notes in Markdown: rules, prices, the tone of your answers. They are versioned with the agent, and its deep agents read them as knowledge/<name>.md."
          />
        </div>
      ) : (
        <div className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface dark:bg-sunken">
          <p className="border-line border-b px-3 py-1.5 font-mono text-faint text-xs">knowledge/{selected}.md</p>
          <Suspense fallback={<Skeleton className="m-3 h-40" />}>
            <TextEditor
              key={selected}
              label={`Note ${selected}`}
              language="markdown"
              value={String(notes[selected] ?? '')}
              readOnly={readOnly}
              onChange={(text) => change(selected, text)}
            />
          </Suspense>
        </div>
      )}
    </div>
  );
}
