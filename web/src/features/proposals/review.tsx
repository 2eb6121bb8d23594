import type { DefinitionProblem, Proposal } from '@agentflow/contracts';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { LeaveGuard } from '@/components/leave-guard.tsx';
import { Plan } from '@/components/plan.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { useShortcuts } from '@/lib/shortcuts.ts';
import { ApproveDialog } from './approve-dialog.tsx';
import { ALL_CHOSEN, choiceWords, chosenFiles, type LeftOut, toggleFile } from './choice.ts';
import { Comments } from './comments.tsx';
import { DecisionBar } from './decision-bar.tsx';
import { inListOrder } from './file-list.tsx';
import { FilesTab } from './files-tab.tsx';
import { ProblemsTab } from './problems-tab.tsx';
import RefineDialog from './refine-dialog.tsx';
import { RejectDialog } from './reject-dialog.tsx';
import { REVIEW_SHORTCUTS, useReviewKeys } from './review-keys.ts';
import { Transcript } from './transcript.tsx';
import { useChoiceProblems } from './use-choice-problems.ts';
import type { Thread } from './use-thread.ts';

const CanvasTab = lazy(() => import('./canvas-tab.tsx'));
const TrialTab = lazy(() => import('./trial-tab.tsx'));

export type ReviewTab = 'files' | 'canvas' | 'problems' | 'try' | 'comments' | 'run';

interface ReviewProps {
  proposal: Proposal;
  shown: ReviewTab;
  file: string | undefined;
  /** What happened, while it is kept. */
  thread: Thread | null;
}

/** The changed file that a problem is about: its text, else the one that holds the graph. */
function fileOf(proposal: Proposal, { node_id, field }: DefinitionProblem): string | null {
  const paths = proposal.changes.map(({ path }) => path);
  const own = `prompts/${node_id}.${field}.md`;
  return paths.find((path) => path === own) ?? paths.find((path) => path === 'agent.yaml') ?? null;
}

/** What a run has come to: read it, choose from it, decide. */
export function Review({ proposal, shown, file, thread }: ReviewProps) {
  const navigate = useNavigate({ from: '/dashboard/proposals/$proposalId' });
  const [leftOut, setLeftOut] = useState<LeftOut>(ALL_CHOSEN);
  const [dialog, setDialog] = useState<'approve' | 'reject' | 'follow' | null>(null);
  const mayWrite = useCan('agents:write');
  const changes = useMemo(() => inListOrder(proposal.changes), [proposal.changes]);
  const files = useMemo(() => chosenFiles(proposal, leftOut), [proposal, leftOut]);
  const words = choiceWords(changes, leftOut);
  const problems = useChoiceProblems(proposal, files, words.everything);
  const deciding = proposal.status === 'ready' && proposal.may_decide;
  const selected = changes.find(({ path }) => path === file) ?? changes[0];
  const show = (next: ReviewTab, path = file) =>
    void navigate({ search: { tab: next, file: path }, replace: true, resetScroll: false });
  const openFile = (path: string) => show('files', path);
  useShortcuts(REVIEW_SHORTCUTS);
  useReviewKeys({
    next: (by) => {
      const at = changes.findIndex(({ path }) => path === selected?.path);
      const target = changes[at + by];
      if (target !== undefined) openFile(target.path);
    },
    toggle: deciding && selected !== undefined ? () => setLeftOut(toggleFile(leftOut, selected)) : null,
    approve: deciding && !words.nothing && problems.unreadable.length === 0 ? () => setDialog('approve') : null,
  });
  const errors =
    problems.unreadable.length + (problems.found?.filter(({ severity }) => severity === 'error').length ?? 0);
  return (
    <>
      {proposal.summary !== '' && (
        <Card aria-label="What it says" className="mb-4 p-4">
          <p className="wrap-anywhere whitespace-pre-wrap text-sm text-text">{proposal.summary}</p>
        </Card>
      )}
      <Tabs value={shown} onValueChange={(next) => show(next as ReviewTab)}>
        <TabsList aria-label="Proposal" className="mb-4">
          {changes.length > 0 && (
            <>
              <TabsTrigger value="files">
                Files <Count value={changes.length} />
              </TabsTrigger>
              <TabsTrigger value="canvas">Canvas</TabsTrigger>
              <TabsTrigger value="problems">
                Problems {(problems.found?.length ?? errors) > 0 && <Count value={problems.found?.length ?? errors} />}
              </TabsTrigger>
              {deciding && <TabsTrigger value="try">Try it</TabsTrigger>}
              <TabsTrigger value="comments">Comments</TabsTrigger>
            </>
          )}
          <TabsTrigger value="run">What it did</TabsTrigger>
        </TabsList>
        {selected !== undefined && (
          <TabsContent value="files">
            <FilesTab
              proposal={proposal}
              changes={changes}
              selected={selected}
              onSelect={openFile}
              leftOut={leftOut}
              onChoose={deciding ? setLeftOut : null}
            />
          </TabsContent>
        )}
        <TabsContent value="canvas">
          <Suspense fallback={<RoutePending />}>
            <CanvasTab proposal={proposal} files={files} />
          </Suspense>
        </TabsContent>
        <TabsContent value="problems">
          <ProblemsTab problems={problems} fileOf={(problem) => fileOf(proposal, problem)} onOpen={openFile} />
        </TabsContent>
        <TabsContent value="try">
          <Suspense fallback={<RoutePending />}>
            <TrialTab proposal={proposal} broken={proposal.problems.some(({ severity }) => severity === 'error')} />
          </Suspense>
        </TabsContent>
        <TabsContent value="comments">
          <Card className="p-4">
            <Comments proposalId={proposal.id} onOpen={openFile} />
          </Card>
        </TabsContent>
        <TabsContent value="run">
          <WhatItDid proposal={proposal} thread={thread} />
        </TabsContent>
      </Tabs>
      {deciding && (
        <DecisionBar
          proposal={proposal}
          words={words}
          broken={problems.unreadable.length > 0 ? 'What is chosen can’t be read as a draft: see the problems.' : null}
          onApprove={() => setDialog('approve')}
          onReject={() => setDialog('reject')}
          onFollowUp={mayWrite ? () => setDialog('follow') : null}
          onChooseAll={() => setLeftOut(ALL_CHOSEN)}
        />
      )}
      {dialog === 'approve' && <ApproveDialog proposal={proposal} leftOut={leftOut} onClose={() => setDialog(null)} />}
      {dialog === 'reject' && <RejectDialog proposal={proposal} onClose={() => setDialog(null)} />}
      {dialog === 'follow' && (
        <RefineDialog
          agent={{ id: proposal.agent_id, name: proposal.agent_name }}
          follows={proposal.id}
          onClose={() => setDialog(null)}
        />
      )}
      <LeaveGuard
        dirty={deciding && !words.everything && dialog !== 'follow'}
        description="What you have chosen here is not approved yet, and is forgotten."
        keptWithinPage
      />
    </>
  );
}

function Count({ value }: { value: number }) {
  return <span className="tabular rounded-full bg-sunken px-1.5 text-soft text-xs dark:bg-hover">{value}</span>;
}

function WhatItDid({ proposal, thread }: Pick<ReviewProps, 'proposal' | 'thread'>) {
  const { todos } = proposal;
  const entries = thread?.state.entries ?? [];
  return (
    <Card className="flex flex-col gap-4 p-4">
      {todos.length > 0 && <Plan todos={todos} still />}
      {entries.length > 0 ? (
        <Transcript entries={entries} />
      ) : (
        <p className="text-sm text-soft">
          {thread === null || thread.connection === 'ended'
            ? 'What the run did is erased with the decision; its plan stays.'
            : 'Reading what it did…'}
        </p>
      )}
    </Card>
  );
}
