import type { Proposal, ProposalComment } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Card } from '@/components/ui/card.tsx';
import { type FileChange, type LeftOut, toggleFile, toggleHunk } from './choice.ts';
import { Comments } from './comments.tsx';
import { FileDiff } from './file-diff.tsx';
import { FileList } from './file-list.tsx';
import { commentsQuery } from './queries.ts';

interface FilesTabProps {
  proposal: Proposal;
  /** In the order of the list; not empty. */
  changes: readonly FileChange[];
  selected: FileChange;
  onSelect: (path: string) => void;
  leftOut: LeftOut;
  /** Null where nothing is to be decided. */
  onChoose: ((leftOut: LeftOut) => void) | null;
}

const NO_COMMENTS: readonly ProposalComment[] = [];

function countByPath(comments: readonly ProposalComment[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of comments) if (path !== null) counts.set(path, (counts.get(path) ?? 0) + 1);
  return counts;
}

/** The changed files beside the one that is read, with what is said of it below. */
export function FilesTab({ proposal, changes, selected, onSelect, leftOut, onChoose }: FilesTabProps) {
  const comments = useQuery(commentsQuery(proposal.id)).data ?? NO_COMMENTS;
  const [line, setLine] = useState<{ path: string; number: number } | null>(null);
  const ofFile = comments.filter(({ path }) => path === selected.path);
  return (
    <Card className="grid min-w-0 overflow-hidden md:grid-cols-[15rem_minmax(0,1fr)]">
      <div className="border-line max-md:border-b md:border-r">
        <FileList
          changes={changes}
          selected={selected.path}
          onSelect={onSelect}
          leftOut={leftOut}
          onToggle={onChoose === null ? null : (change) => onChoose(toggleFile(leftOut, change))}
          comments={countByPath(comments)}
        />
      </div>
      <div className="min-w-0">
        <FileDiff
          key={selected.path}
          proposal={proposal}
          change={selected}
          leftOut={leftOut}
          onToggle={onChoose === null ? null : (hunk) => onChoose(toggleHunk(leftOut, selected, hunk))}
          commented={ofFile.flatMap((comment) => (comment.line === null ? [] : [comment.line]))}
          onLine={(number) => setLine({ path: selected.path, number })}
        />
        <div className="border-line border-t p-4">
          <Comments
            key={selected.path}
            proposalId={proposal.id}
            path={selected.path}
            line={line?.path === selected.path ? line : null}
          />
        </div>
      </div>
    </Card>
  );
}
