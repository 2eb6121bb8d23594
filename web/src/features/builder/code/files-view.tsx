import { AGENT_FILE, type AgentFiles, definitionOf, type FileProblem, filesOf, placesIn } from '@agentflow/agent-files';
import type { AgentDefinition } from '@agentflow/contracts';
import { CircleAlert, TriangleAlert } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import TextEditor, { type LineProblem } from '@/features/text-editor/text-editor.tsx';
import { languageOf } from '@/features/text-editor/text-stretches.ts';
import { useBuilder, useBuilderServices } from '../builder-context.ts';
import { FileTree } from './file-tree.tsx';

const NO_PROBLEMS: readonly FileProblem[] = [];
const NOTHING_UNUSED: readonly string[] = [];

/**
 * The draft as files: every text that can be read is on the canvas at once, and what the canvas does is in the files.
 * Text that can't be read yet stays as it is, is not saved, and is not lost.
 */
export default function FilesView() {
  const { store, readOnly } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const unread = useBuilder((builder) => builder.unreadFiles);
  const problems = useBuilder((builder) => builder.problems);
  const jump = useBuilder((builder) => builder.jump);
  const [typed, setTyped] = useState<{ files: AgentFiles; means: AgentDefinition } | null>(null);
  const [chosen, choose] = useState(AGENT_FILE);
  const [goTo, setGoTo] = useState<{ path: string; line: number } | null>(null);
  const files = useMemo(
    () => unread ?? (typed !== null && typed.means === definition ? typed.files : filesOf(definition)),
    [unread, typed, definition],
  );
  const reading = useMemo(() => definitionOf(files), [files]);
  const mistakes = unread === null || reading.ok ? NO_PROBLEMS : reading.problems;
  const unused = reading.ok ? reading.unused : NOTHING_UNUSED;
  const selected = Object.hasOwn(files, chosen) ? chosen : AGENT_FILE;

  const found = useMemo(() => {
    const placeOf = placesIn(files);
    return problems.map((problem) => ({ ...problem, at: placeOf(problem.path) }));
  }, [files, problems]);
  const change = (next: AgentFiles, group: string) => {
    const read = definitionOf(next);
    if (!read.ok) {
      store.getState().setUnreadFiles(next);
      return;
    }
    store.getState().replace(read.definition, group);
    setTyped({ files: next, means: store.getState().definition });
  };
  const show = (path: string, line: number | null) => {
    choose(path);
    setGoTo({ path, line: line ?? 1 });
  };
  useEffect(() => {
    if (jump === null) return;
    const place = placesIn(files)(jump.path);
    choose(place.path);
    setGoTo({ path: place.path, line: place.line ?? 1 });
    store.getState().jumpTo(null);
  }, [jump, files, store]);

  const linesOf = (path: string): LineProblem[] => [
    ...mistakes.filter((mistake) => mistake.path === path),
    ...(unread === null
      ? found
          .filter(({ at }) => at.path === path)
          .map(({ at, message, severity }) => ({ line: at.line, message, severity }))
      : []),
  ];
  const wrong = new Set([
    ...mistakes.map(({ path }) => path),
    ...(unread === null ? found.filter(({ severity }) => severity === 'error').map(({ at }) => at.path) : []),
  ]);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 max-md:flex-col">
      <FileTree files={files} selected={selected} wrong={wrong} unused={unused} onSelect={choose} onChange={change} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface dark:bg-sunken">
        {mistakes.length > 0 && <Mistakes mistakes={mistakes} onShow={show} />}
        {unused.includes(selected) && (
          <p role="status" className="flex items-start gap-2 bg-waiting-soft px-3 py-2 text-sm text-waiting">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
            {AGENT_FILE} does not refer to this file, so it is not part of the draft and not saved.
          </p>
        )}
        <div className="min-h-0 flex-1">
          <TextEditor
            key={selected}
            label={selected}
            language={languageOf(selected)}
            value={files[selected] ?? ''}
            readOnly={readOnly}
            problems={linesOf(selected)}
            goTo={goTo?.path === selected ? goTo : null}
            onChange={(text) => change({ ...files, [selected]: text }, `file ${selected}`)}
          />
        </div>
      </div>
    </div>
  );
}

interface MistakesProps {
  mistakes: readonly FileProblem[];
  onShow: (path: string, line: number | null) => void;
}

/** Why the files are no draft yet. */
function Mistakes({ mistakes, onShow }: MistakesProps) {
  return (
    <div role="alert" className="max-h-40 shrink-0 overflow-y-auto border-line border-b bg-waiting-soft px-3 py-2">
      <p className="text-sm text-waiting">
        These files are not a draft yet. They are kept here, and saved once they can be read.
      </p>
      <ul className="mt-1 flex flex-col gap-0.5">
        {mistakes.map(({ path, line, message }) => (
          <li key={`${path}:${line}:${message}`}>
            <button
              type="button"
              onClick={() => onShow(path, line)}
              className="flex items-start gap-1.5 rounded-sm text-left text-sm text-text hover:underline"
            >
              <CircleAlert className="mt-0.5 size-3.5 shrink-0 text-failed" aria-hidden="true" />
              <span className="min-w-0 break-words">
                <code className="font-mono text-xs">
                  {path}
                  {line !== null && `:${line}`}
                </code>{' '}
                {message}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
