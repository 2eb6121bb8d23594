import { definitionOf, type FileProblem } from '@agentflow/agent-files';
import type { Proposal } from '@agentflow/contracts';
import { useMemo } from 'react';
import { Card } from '@/components/ui/card.tsx';
import { ChangesView } from '@/features/publish/changes-view.tsx';

interface CanvasTabProps {
  proposal: Proposal;
  /** What the choice results in. */
  files: Readonly<Record<string, string>>;
}

/** The draft as it was and as the choice makes it, drawn as one graph. */
export default function CanvasTab({ proposal, files }: CanvasTabProps) {
  const base = useMemo(() => definitionOf(proposal.base_files), [proposal.base_files]);
  const result = useMemo(() => definitionOf(files), [files]);
  return (
    <Card className="p-4">
      {base.ok && result.ok ? (
        <ChangesView from={base.definition} to={result.definition} title="What is chosen" first="graph" />
      ) : (
        <Unreadable problems={result.ok ? [] : result.problems} />
      )}
    </Card>
  );
}

/** Why files can’t be drawn. */
function Unreadable({ problems }: { problems: readonly FileProblem[] }) {
  return (
    <div className="text-sm text-soft">
      <p>What is chosen can’t be read as a draft, so there is nothing to draw.</p>
      <ul className="mt-2 flex flex-col gap-1">
        {problems.map(({ path, line, message }) => (
          <li key={`${path}:${line}:${message}`}>
            <code className="font-mono text-text text-xs">
              {path}
              {line !== null && `:${line}`}
            </code>{' '}
            {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
