import type { Agent } from '@agentflow/contracts';
import { useNavigate } from '@tanstack/react-router';
import {
  BookOpenText,
  Code,
  Download,
  Ellipsis,
  FileUp,
  FlaskConical,
  Keyboard,
  Layers,
  LayoutDashboard,
  ListChecks,
  Plus,
  Redo2,
  Rocket,
  Sparkles,
  Undo2,
  Workflow,
} from 'lucide-react';
import { useRef } from 'react';
import { toast } from 'sonner';
import { Button } from '@/components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { exportAgent } from '@/features/agents/export-agent.ts';
import { useCan } from '@/features/shell/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { useBuilder, useBuilderServices } from './builder-context.ts';
import { placeAll } from './draft/layout.ts';
import { readDefinitionFile } from './import-draft.ts';
import { SaveIndicator } from './save-indicator.tsx';

const CONTROL = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

export type BuilderMode = 'canvas' | 'code' | 'knowledge' | 'tests';

interface ToolbarProps {
  agent: Agent;
  mode: BuilderMode;
  onMode: (mode: BuilderMode) => void;
  /** Stores the draft, and tells whether it is stored. */
  onFlush: () => Promise<boolean>;
  onPublish: () => void;
  onResolve: () => void;
  onShortcuts: () => void;
  onAutoLayout: () => void;
}

export function Toolbar(props: ToolbarProps) {
  const { agent, mode, onMode, onFlush, onPublish, onResolve, onShortcuts, onAutoLayout } = props;
  const { store, openAdd, test, refine, readOnly } = useBuilderServices();
  const navigate = useNavigate();
  const mayPublish = useCan('agents:publish');
  const picker = useRef<HTMLInputElement>(null);
  const canUndo = useBuilder((builder) => builder.past.length > 0);
  const canRedo = useBuilder((builder) => builder.future.length > 0);
  const isEmpty = useBuilder((builder) => builder.definition.nodes.length === 0);
  const showVersions = () =>
    void navigate({ to: '/dashboard/agents/$agentId', params: { agentId: agent.id }, search: { tab: 'versions' } });
  const whenStored = async (act: () => void) => {
    if (await onFlush()) act();
    else toast.error('The draft is not saved yet. Save it first.');
  };
  const importFile = async (file: File | undefined) => {
    if (file === undefined) return;
    const read = await readDefinitionFile(file);
    if (typeof read === 'string') {
      toast.error(read);
      return;
    }
    store.getState().replace(placeAll(read));
    toast.success(`${read.nodes.length} nodes imported into this draft`, {
      action: { label: 'Undo', onClick: () => store.getState().undo() },
    });
  };
  return (
    <div
      role="toolbar"
      aria-label="Builder"
      className="flex min-h-11 shrink-0 flex-wrap items-center gap-1 border-line border-b bg-surface px-2 py-1.5"
    >
      {!readOnly && (
        <>
          <Button
            variant="ghost"
            size="icon"
            disabled={!canUndo}
            aria-label="Undo"
            title="Undo"
            aria-keyshortcuts="Control+Z"
            onClick={() => store.getState().undo()}
          >
            <Undo2 aria-hidden="true" />
          </Button>
          <Button
            variant="ghost"
            size="icon"
            disabled={!canRedo}
            aria-label="Redo"
            title="Redo"
            aria-keyshortcuts="Shift+Control+Z"
            onClick={() => store.getState().redo()}
          >
            <Redo2 aria-hidden="true" />
          </Button>
          {mode === 'canvas' && (
            <>
              <Button
                variant="ghost"
                className="max-md:hidden"
                disabled={isEmpty}
                onClick={onAutoLayout}
                title="Places all nodes from left to right"
              >
                <LayoutDashboard aria-hidden="true" /> Auto-layout
              </Button>
              <Button
                variant="ghost"
                className="max-md:hidden lg:hidden"
                onClick={(event) => {
                  const box = event.currentTarget.getBoundingClientRect();
                  const [selected] = store.getState().selection.nodes;
                  openAdd({
                    anchor: { x: box.left, y: box.bottom },
                    link: selected === undefined ? undefined : { kind: 'after', node: selected },
                  });
                }}
              >
                <Plus aria-hidden="true" /> Add node
              </Button>
            </>
          )}
        </>
      )}
      <fieldset className="mx-1 flex rounded-md bg-sunken p-0.5 dark:bg-hover/50">
        <legend className="sr-only">View</legend>
        <ModeButton pressed={mode === 'canvas'} onClick={() => onMode('canvas')}>
          <Workflow aria-hidden="true" />
          <span className="max-md:hidden">Canvas</span>
          <span className="max-sm:sr-only md:hidden">List</span>
        </ModeButton>
        <ModeButton pressed={mode === 'code'} onClick={() => onMode('code')}>
          <Code aria-hidden="true" /> <span className="max-sm:sr-only">Code</span>
        </ModeButton>
        <ModeButton pressed={mode === 'knowledge'} onClick={() => onMode('knowledge')}>
          <BookOpenText aria-hidden="true" /> <span className="max-md:sr-only">Knowledge</span>
        </ModeButton>
        <ModeButton pressed={mode === 'tests'} onClick={() => onMode('tests')}>
          <ListChecks aria-hidden="true" /> <span className="max-md:sr-only">Tests</span>
        </ModeButton>
      </fieldset>
      <div className="flex min-w-0 flex-1 items-center justify-end px-2">
        <SaveIndicator onRetry={() => void onFlush()} onResolve={onResolve} />
      </div>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button variant="ghost" size="icon" aria-label="More">
            <Ellipsis aria-hidden="true" />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          <DropdownMenuItem onSelect={() => void whenStored(showVersions)}>
            <Layers aria-hidden="true" /> Versions
          </DropdownMenuItem>
          <DropdownMenuSeparator />
          <DropdownMenuItem onSelect={() => void whenStored(() => void exportAgent(agent, 'json'))}>
            <Download aria-hidden="true" /> Export as JSON
          </DropdownMenuItem>
          <DropdownMenuItem onSelect={() => void whenStored(() => void exportAgent(agent, 'yaml'))}>
            <Download aria-hidden="true" /> Export as YAML
          </DropdownMenuItem>
          {!readOnly && (
            <DropdownMenuItem onSelect={() => picker.current?.click()}>
              <FileUp aria-hidden="true" /> Import into this draft…
            </DropdownMenuItem>
          )}
          <DropdownMenuSeparator />
          <DropdownMenuItem onSelect={onShortcuts}>
            <Keyboard aria-hidden="true" /> Shortcuts
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      <input
        ref={picker}
        type="file"
        accept=".json,.yaml,.yml,application/json,application/yaml"
        aria-label="Agent file to import"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          void importFile(event.target.files?.[0]);
          event.target.value = '';
        }}
      />
      {refine !== null && (
        <Button aria-keyshortcuts="Control+I" title={`Say what should change (${CONTROL} I)`} onClick={refine}>
          <Sparkles aria-hidden="true" /> <span className="max-sm:sr-only">Refine…</span>
        </Button>
      )}
      {test !== null && (
        <Button
          disabled={isEmpty}
          aria-keyshortcuts="Control+Enter"
          title={`Test the draft (${CONTROL} Enter)`}
          onClick={() => test({ kind: 'all' })}
        >
          <FlaskConical aria-hidden="true" /> <span className="max-sm:sr-only">Test</span>
        </Button>
      )}
      {mayPublish && agent.status !== 'archived' && (
        <Button variant="primary" onClick={() => void whenStored(onPublish)}>
          <Rocket aria-hidden="true" /> <span className="max-sm:sr-only">Publish…</span>
        </Button>
      )}
    </div>
  );
}

function ModeButton({ pressed, ...props }: { pressed: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      className={cn(
        'flex h-7 items-center gap-1.5 rounded-[5px] px-2 font-medium text-xs transition-colors duration-100 [&>svg]:size-3.5',
        pressed ? 'bg-surface text-text shadow-card dark:bg-line-strong' : 'text-soft hover:text-text',
      )}
      {...props}
    />
  );
}
