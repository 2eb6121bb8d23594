import { microusdToUsd, type Todo } from '@agentflow/contracts';
import type { ReadLarge } from './large-values.ts';
import { type ExecutionRun, hasEnded } from './run.ts';
import type { FrameSource } from './runtime-frames.ts';
import type { ExecutionStore } from './store/execution.ts';
import { PLAN } from './store/files.ts';
import { workspaceView } from './workspace-pages.ts';

/** What frames tell of an execution that runs, or that ends in this turn: all of it is here. */
export function liveFrames(run: ExecutionRun, store: ExecutionStore): FrameSource {
  return {
    status: () => run.row.status,
    workspace: () => ({
      files: Object.fromEntries(run.workspace.list().map(({ path }) => [path, run.workspace.read(path) ?? ''])),
      todos: todosOf(store),
    }),
    question: (approvalId) => {
      const ask = run.approvals.row(approvalId)?.ask;
      return ask === undefined ? null : { message: ask.message, form_schema: ask.form_schema };
    },
    end: () => ({
      result: run.result(),
      error: run.row.error,
      cost_usd: microusdToUsd(run.totals.cost_microusd),
    }),
  };
}

/** The same after the end, when files and result may have moved away. */
export async function keptFrames(run: ExecutionRun, store: ExecutionStore, read: ReadLarge): Promise<FrameSource> {
  const live = liveFrames(run, store);
  if (!hasEnded(run)) return live;
  await run.recall(read);
  const view = await workspaceView(store, read);
  return { ...live, workspace: () => view };
}

function todosOf({ files }: ExecutionStore): Todo[] {
  const plan = files.version(PLAN, null);
  return plan === null || plan.deleted ? [] : (JSON.parse(files.content(plan.seq)) as Todo[]);
}
