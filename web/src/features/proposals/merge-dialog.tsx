import { changesOf, definitionOf } from '@agentflow/agent-files';
import type { Proposal, ProposalMerge } from '@agentflow/contracts';
import { CircleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { useMediaQuery } from '@/lib/use-media-query.ts';
import { CHANGE_LOOKS } from './changed-files.tsx';
import { chosenFiles, type LeftOut } from './choice.ts';
import { SidesDiff } from './sides-diff.tsx';

type Conflict = ProposalMerge['conflicts'][number];
type Side = 'draft' | 'proposal' | 'edited';

interface Resolution {
  readonly side: Side;
  readonly text: string;
}

type Files = Readonly<Record<string, string>>;
export type Resolved = Record<string, string | null>;

interface MergeDialogProps {
  proposal: Proposal;
  leftOut: LeftOut;
  merge: ProposalMerge;
  busy: boolean;
  onApprove: (files: Files, resolved: Resolved) => void;
  onClose: () => void;
}

function contentOf({ draft, proposed }: Conflict, { side, text }: Resolution): string | null {
  return side === 'draft' ? draft : side === 'proposal' ? proposed : text;
}

const MARKER = /^(?:<{7} |={7}$|>{7} )/m;

/** The merge with what was chosen for its conflicts; null while some are open. */
function resolve(
  merge: ProposalMerge,
  chosen: ReadonlyMap<string, Resolution>,
): { files: Files; resolved: Resolved } | null {
  const files: Record<string, string> = { ...merge.files };
  const resolved: Resolved = {};
  for (const conflict of merge.conflicts) {
    const resolution = chosen.get(conflict.path);
    if (resolution === undefined || (resolution.side === 'edited' && MARKER.test(resolution.text))) return null;
    const content = contentOf(conflict, resolution);
    resolved[conflict.path] = content;
    if (content === null) delete files[conflict.path];
    else files[conflict.path] = content;
  }
  return { files, resolved };
}

/** The draft has moved: shows what it has become, asks about each conflict, and approves the merge. */
export function MergeDialog({ proposal, leftOut, merge, busy, onApprove, onClose }: MergeDialogProps) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, Resolution>>(new Map());
  const result = useMemo(() => resolve(merge, chosen), [merge, chosen]);
  const unreadable = useMemo(() => {
    const reading = result === null ? null : definitionOf(result.files);
    return reading === null || reading.ok ? null : (reading.problems[0] ?? null);
  }, [result]);
  const inDraft = useMemo(
    () =>
      changesOf(chosenFiles(proposal, leftOut), merge.files).filter(
        ({ path }) => !merge.conflicts.some((each) => each.path === path),
      ),
    [proposal, leftOut, merge],
  );
  const open = merge.conflicts.filter(({ path }) => !chosen.has(path)).length;
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title="The draft has moved since"
      description={`This was made from revision ${proposal.base_version}; the draft is at revision ${merge.draft_version}. Below is what bringing both together means.`}
      className="max-w-5xl"
    >
      <DialogBody>
        {inDraft.length > 0 && (
          <section aria-label="Changed in the draft meanwhile">
            <h3 className="mb-1.5 font-medium text-sm">Changed in the draft meanwhile, and kept</h3>
            <ul className="flex flex-col gap-1">
              {inDraft.map(({ path, change }) => {
                const look = CHANGE_LOOKS[change];
                return (
                  <li key={path} className="flex items-center gap-2 text-sm">
                    <look.icon aria-hidden="true" className={`size-4 shrink-0 ${look.className}`} />
                    <code className="min-w-0 truncate font-mono text-xs">{path}</code>
                  </li>
                );
              })}
            </ul>
          </section>
        )}
        {merge.conflicts.length === 0 ? (
          <p className="text-sm text-soft">The changes touch different places: nothing is in conflict.</p>
        ) : (
          merge.conflicts.map((conflict) => (
            <ConflictChoice
              key={conflict.path}
              conflict={conflict}
              resolution={chosen.get(conflict.path) ?? null}
              onResolve={(resolution) => setChosen(new Map(chosen).set(conflict.path, resolution))}
            />
          ))
        )}
        {unreadable !== null && (
          <p role="alert" className="flex items-start gap-2 text-failed text-sm">
            <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
            <span>
              What this comes to can’t be read as a draft: <code className="font-mono text-xs">{unreadable.path}</code>
              {unreadable.line !== null && `, line ${unreadable.line}`}: {unreadable.message}
            </span>
          </p>
        )}
      </DialogBody>
      <DialogFooter>
        <p className="min-w-0 flex-1 text-sm text-soft" role="status">
          {open > 0 &&
            `${open} of ${merge.conflicts.length} ${merge.conflicts.length === 1 ? 'conflict' : 'conflicts'} to decide`}
        </p>
        <Button onClick={onClose}>Not yet</Button>
        <Button
          variant="primary"
          busy={busy}
          disabled={result === null || unreadable !== null}
          onClick={() => result !== null && onApprove(result.files, result.resolved)}
        >
          Approve onto revision {merge.draft_version}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}

interface ConflictChoiceProps {
  conflict: Conflict;
  resolution: Resolution | null;
  onResolve: (resolution: Resolution) => void;
}

function ConflictChoice({ conflict, resolution, onResolve }: ConflictChoiceProps) {
  const { path, draft, proposed, marked } = conflict;
  const isNarrow = useMediaQuery('(max-width: 1023px)');
  const choose = (side: Side) => onResolve({ side, text: resolution?.text ?? marked });
  return (
    <section aria-label={`Conflict in ${path}`} className="overflow-hidden rounded-lg border border-line">
      <div className="flex flex-wrap items-center gap-2 border-line border-b bg-sunken px-3 py-2">
        <h3 className="wrap-anywhere min-w-0 flex-1 font-mono text-sm">{path}</h3>
        <Segments<Side | 'open'>
          label={`What becomes of ${path}`}
          value={resolution?.side ?? 'open'}
          onChange={(side) => side !== 'open' && choose(side)}
          options={[
            { value: 'draft', label: draft === null ? 'Take the draft: deleted' : 'Take the draft' },
            { value: 'proposal', label: proposed === null ? 'Take the proposal: deleted' : 'Take the proposal' },
            { value: 'edited', label: 'Edit' },
          ]}
        />
      </div>
      {resolution?.side === 'edited' ? (
        <div className="flex flex-col gap-1.5 p-3">
          <Textarea
            aria-label={`Content of ${path}`}
            value={resolution.text}
            spellCheck={false}
            onChange={(event) => onResolve({ side: 'edited', text: event.target.value })}
            className="min-h-64 font-mono text-xs"
          />
          {MARKER.test(resolution.text) && (
            <p className="text-waiting text-xs">Decide what stands between the markers, and take the markers out.</p>
          )}
        </div>
      ) : (
        <SidesDiff
          path={path}
          before={draft}
          after={proposed}
          titles={{ before: 'In the draft', after: 'In the proposal' }}
          unified={isNarrow}
        />
      )}
    </section>
  );
}
