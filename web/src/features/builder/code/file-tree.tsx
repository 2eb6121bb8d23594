import type { AgentFiles } from '@agentflow/agent-files';
import {
  BookOpenText,
  CircleAlert,
  Ellipsis,
  FileCode,
  FileText,
  ListChecks,
  type LucideIcon,
  PencilLine,
  Plus,
  Trash2,
  TriangleAlert,
  Wrench,
} from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { cn } from '@/lib/class-names.ts';
import { useBuilderServices } from '../builder-context.ts';
import { freeName, isFull, nameProblem } from '../notes/entries.ts';
import { NameDialog } from '../notes/name-dialog.tsx';
import {
  foldersOf,
  movedFile,
  OWN_FILES,
  type OwnFile,
  ownFile,
  pathOf,
  takenNames,
  withoutFile,
} from './draft-files.ts';

interface FileTreeProps {
  files: AgentFiles;
  selected: string;
  /** Paths with something wrong. */
  wrong: ReadonlySet<string>;
  unused: readonly string[];
  onSelect: (path: string) => void;
  onChange: (files: AgentFiles, group: string) => void;
}

const ICONS: Readonly<Record<string, LucideIcon>> = {
  '': FileCode,
  prompts: FileText,
  tools: Wrench,
  knowledge: BookOpenText,
  tests: ListChecks,
};

interface Naming {
  readonly kind: OwnFile;
  /** The file that is called anew; null for a new one. */
  readonly path: string | null;
}

/** The files of the draft by folder. Notes and tests are made, renamed and deleted here; others belong to their nodes. */
export function FileTree({ files, selected, wrong, unused, onSelect, onChange }: FileTreeProps) {
  const { readOnly } = useBuilderServices();
  const [naming, setNaming] = useState<Naming | null>(null);
  return (
    <nav
      aria-label="Files"
      className="flex shrink-0 flex-col border-line bg-surface max-md:max-h-56 max-md:border-b md:w-64 md:border-r"
    >
      {!readOnly && (
        <div className="flex gap-1.5 border-line border-b px-2 py-1.5">
          {(['note', 'test'] as const).map((kind) => (
            <Button
              key={kind}
              size="sm"
              disabled={isFull(takenNames(files, kind))}
              onClick={() => setNaming({ kind, path: null })}
            >
              <Plus aria-hidden="true" /> New {kind}
            </Button>
          ))}
        </div>
      )}
      <div className="min-h-0 flex-1 overflow-y-auto p-1.5">
        {foldersOf(files).map(({ name, paths }) => (
          <div key={name} className="mb-1.5">
            {name !== '' && <h3 className="px-2 py-1 font-medium text-2xs text-faint uppercase">{name}</h3>}
            <ul>
              {paths.map((path) => (
                <FileRow
                  key={path}
                  path={path}
                  name={name === '' ? path : path.slice(name.length + 1)}
                  icon={ICONS[name] ?? FileText}
                  selected={path === selected}
                  wrong={wrong.has(path)}
                  unused={unused.includes(path)}
                  onSelect={() => onSelect(path)}
                  onRename={(kind) => setNaming({ kind, path })}
                  onDelete={() => onChange(withoutFile(files, path), `delete ${path}`)}
                />
              ))}
            </ul>
          </div>
        ))}
      </div>
      {naming !== null && (
        <FileName
          files={files}
          naming={naming}
          onChange={(next, path) => {
            onChange(next, `name ${path}`);
            onSelect(path);
          }}
          onClose={() => setNaming(null)}
        />
      )}
    </nav>
  );
}

interface FileRowProps {
  path: string;
  name: string;
  icon: LucideIcon;
  selected: boolean;
  wrong: boolean;
  unused: boolean;
  onSelect: () => void;
  onRename: (kind: OwnFile) => void;
  onDelete: () => void;
}

function FileRow({ path, name, icon: Icon, selected, wrong, unused, onSelect, onRename, onDelete }: FileRowProps) {
  const { readOnly } = useBuilderServices();
  const own = ownFile(path);
  return (
    <li className="group/file relative">
      <button
        type="button"
        aria-current={selected}
        title={path}
        onClick={onSelect}
        className={cn(
          'flex h-7 w-full items-center gap-2 rounded-md pr-8 pl-2 text-left hover:bg-hover',
          selected ? 'bg-accent-soft text-text hover:bg-accent-soft' : 'text-soft',
        )}
      >
        <Icon className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
        <span className="min-w-0 truncate font-mono text-xs">{name}</span>
        {wrong && <CircleAlert className="ml-auto size-3.5 shrink-0 text-failed" aria-label="has problems" />}
        {unused && <TriangleAlert className="ml-auto size-3.5 shrink-0 text-waiting" aria-label="not used" />}
      </button>
      {!readOnly && (own !== null || unused) && (
        <DropdownMenu>
          <DropdownMenuTrigger asChild>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={`More for ${path}`}
              className="absolute top-0 right-0.5 md:opacity-0 md:focus-visible:opacity-100 md:group-hover/file:opacity-100 md:data-[state=open]:opacity-100"
            >
              <Ellipsis aria-hidden="true" />
            </Button>
          </DropdownMenuTrigger>
          <DropdownMenuContent align="end">
            {own !== null && (
              <DropdownMenuItem onSelect={() => onRename(own.kind)}>
                <PencilLine aria-hidden="true" /> Rename…
              </DropdownMenuItem>
            )}
            <DropdownMenuItem onSelect={onDelete}>
              <Trash2 aria-hidden="true" /> Delete
            </DropdownMenuItem>
          </DropdownMenuContent>
        </DropdownMenu>
      )}
    </li>
  );
}

interface FileNameProps {
  files: AgentFiles;
  naming: Naming;
  onChange: (files: AgentFiles, path: string) => void;
  onClose: () => void;
}

function FileName({ files, naming: { kind, path }, onChange, onClose }: FileNameProps) {
  const taken = takenNames(files, kind);
  const before = path === null ? null : (ownFile(path)?.name ?? null);
  return (
    <NameDialog
      title={before === null ? `New ${kind}` : `Rename ${before}`}
      act={before === null ? `Add ${kind}` : 'Rename'}
      initial={before ?? freeName(kind, taken)}
      help={`Letters, digits, _ and -: it becomes ${OWN_FILES[kind].folder}/<name>.${OWN_FILES[kind].extension}`}
      problemOf={(name) => nameProblem(name, taken)}
      onName={(name) => {
        const to = pathOf(kind, name);
        const next = path === null ? { ...files, [to]: OWN_FILES[kind].content(name) } : movedFile(files, path, to);
        onChange(next, to);
      }}
      onClose={onClose}
    />
  );
}
