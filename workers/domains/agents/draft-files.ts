import {
  type AgentFiles,
  definitionOf,
  type FileProblem,
  filesOf,
  placesIn,
  type Reading,
} from '@agentflow/agent-files';
import type { DraftFileContent, SavedDraftFile } from '@agentflow/contracts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { etagOf, isUnconditional, requireMatch } from '../../platform/etags.ts';
import { checkDefinition } from './check-definition.ts';
import { type Draft, getDraft, saveDraft } from './drafts.ts';

/** The draft as files. Throws `not_found`. */
export async function draftFilesOf(
  ctx: RequestContext,
  agentId: string,
): Promise<{ readonly files: AgentFiles; readonly draft_version: number }> {
  const { definition, revision } = await getDraft(ctx, agentId);
  return { files: filesOf(definition), draft_version: revision };
}

/** Throws `not_found` for the agent and for the file. */
export async function draftFile(ctx: RequestContext, agentId: string, path: string): Promise<DraftFileContent> {
  const { files, draft_version } = await draftFilesOf(ctx, agentId);
  return present(files, path, draft_version);
}

/**
 * Writes one file of the draft, and with it the draft. What is answered is the file as it stands then: in canonical form, under the path that
 * its content gives it. Throws `not_found`, `validation_failed` with file, line and reason where the files would make no draft,
 * and what `saveDraft` throws.
 */
export async function putDraftFile(
  ctx: RequestContext,
  agentId: string,
  path: string,
  content: string,
  ifMatch: string | undefined,
): Promise<SavedDraftFile> {
  const change = (files: AgentFiles) => ({ ...files, [path]: content });
  const { draft, reading } = await changeFiles(ctx, agentId, path, change, ifMatch);
  const files = filesOf(draft.definition);
  const current = reading.moved.get(path) ?? path;
  return { ...present(files, current, draft.revision), removed: [...reading.unused] };
}

/** Throws as `putDraftFile` does; `not_found` for a file that the draft does not have. */
export async function deleteDraftFile(
  ctx: RequestContext,
  agentId: string,
  path: string,
  ifMatch: string | undefined,
): Promise<Draft> {
  const change = (files: AgentFiles) => {
    if (!Object.hasOwn(files, path)) throw notFound('file', path);
    return Object.fromEntries(Object.entries(files).filter(([each]) => each !== path));
  };
  return (await changeFiles(ctx, agentId, path, change, ifMatch)).draft;
}

export interface DraftFileProblem extends FileProblem {
  readonly severity: 'error' | 'warning';
}

/** What keeps files from being a draft; where they are one, what validation says of it, by file and line. */
export async function checkDraftFiles(
  env: RequestContext['env'],
  organizationId: string,
  agentId: string,
  files: AgentFiles,
): Promise<DraftFileProblem[]> {
  const reading = definitionOf(files);
  if (!reading.ok) return reading.problems.map((problem) => ({ ...problem, severity: 'error' }));
  const { problems } = await checkDefinition({ env, organizationId }, agentId, reading.definition);
  const placeOf = placesIn(files);
  return [
    ...problems.map(({ path, message, severity }) => ({ ...placeOf(path), message, severity })),
    ...reading.unused.map((path) => ({ path, line: null, message: UNUSED, severity: 'warning' as const })),
  ];
}

/** The refusal of files that make no draft, with file and line of each reason. */
export function filesInvalid(problems: readonly FileProblem[]): ApiError {
  const errors = problems.map(({ path, line, message }) => ({
    path: line === null ? path : `${path}:${line}`,
    message,
  }));
  return invalid(errors, 'The files make no draft.');
}

const UNUSED = 'is not used: no config in agent.yaml refers to it, so it is no part of the draft';

/** In every round at least one of the competing writers gets through. */
const ROUNDS = 12;

async function changeFiles(
  ctx: RequestContext,
  agentId: string,
  path: string,
  change: (files: AgentFiles) => AgentFiles,
  ifMatch: string | undefined,
): Promise<{ draft: Draft; reading: Extract<Reading, { ok: true }> }> {
  for (let round = 1; ; round++) {
    const { definition, revision } = await getDraft(ctx, agentId);
    requireMatch(ifMatch, revision, 'The draft');
    const reading = definitionOf(change(filesOf(definition)));
    if (!reading.ok) throw filesInvalid(reading.problems);
    if (reading.unused.includes(path)) throw filesInvalid([{ path, line: null, message: UNUSED }]);
    try {
      // Whatever the caller asked for: the other files are those of this revision.
      return { draft: await saveDraft(ctx, agentId, reading.definition, etagOf(revision), { file: path }), reading };
    } catch (error) {
      const moved = error instanceof ApiError && error.code === 'precondition_failed';
      if (!moved || !isUnconditional(ifMatch)) throw error;
      if (round === ROUNDS)
        throw new ApiError('conflict', 'Others are changing this draft at the same time. Try again.');
    }
  }
}

function present(files: AgentFiles, path: string, draft_version: number): DraftFileContent {
  if (!Object.hasOwn(files, path)) throw notFound('file', path);
  const content = files[path] ?? '';
  return { path, size: content.length, draft_version, content };
}
