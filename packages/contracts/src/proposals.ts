import { z } from 'zod';
import { jsonObject, jsonValue, timestamp } from './common.ts';
import { todos, workspacePath } from './deep-agents.ts';
import { definitionProblem } from './definition.ts';
import { actor, executionError } from './executions.ts';
import { agentId, idSchema, userId } from './ids.ts';
import { modelRef } from './models.ts';
import { proposalStatus } from './proposal-status.ts';
import { shadowRunId } from './shadow-runs.ts';

export const proposalId = idSchema('proposal');
export const threadId = idSchema('thread');
export const proposalCommentId = idSchema('proposalComment');

export const MAX_PROMPT_CHARACTERS = 8000;
/** Of all generated files as JSON, in bytes of UTF-8: a row of D1 holds 2 MB. */
export const MAX_GENERATED_BYTES = 1_500_000;

export const refinementRequest = z.strictObject({
  user_prompt: z.string().trim().min(1).max(MAX_PROMPT_CHARACTERS).describe('What is to be changed, in words'),
  context: z
    .strictObject({
      proposal_id: proposalId.optional().describe('Goes on from the files of this proposal, which is superseded'),
      node_ids: z.array(z.string().min(1).max(120)).max(50).optional().describe('Nodes that the words are about'),
      notes: z.string().max(20_000).optional().describe('Anything else that helps'),
      model: modelRef.optional().describe('In place of the one that the organization would be given'),
    })
    .default({}),
  access: z.enum(['organization', 'private']).default('organization'),
});
export type RefinementRequest = z.infer<typeof refinementRequest>;

export const refinementStarted = z.object({ thread_id: threadId, proposal_id: proposalId });
export type RefinementStarted = z.infer<typeof refinementStarted>;

const counted = z.object({
  path: z.string(),
  change: z.enum(['added', 'changed', 'deleted']),
  hunks: z.number().int(),
});

/** In lists: without contents. */
export const proposalSummary = z.object({
  id: proposalId,
  agent_id: agentId,
  agent_name: z.string(),
  thread_id: threadId,
  status: proposalStatus,
  user_prompt: z.string(),
  summary: z.string().describe('What the run said at its end; empty before'),
  access: z.enum(['organization', 'private']),
  may_decide: z.boolean().describe('Whether the caller may approve and reject'),
  base_version: z.number().int().describe('Revision of the draft that it was made from'),
  model: z.string().describe('`builtin/rules` where no language model worked on it'),
  runtime: z.enum(['own', 'remote', 'rules']),
  attempts: z.number().int().describe('How often the run was begun'),
  error: executionError.nullable(),
  problem_count: z.number().int(),
  cost_usd: z.number(),
  created_by: actor,
  created_at: timestamp,
  ended_at: timestamp.nullable().describe('When the run ended for good'),
  decided_by: actor.nullable(),
  decided_at: timestamp.nullable(),
  follows: proposalId.nullable().describe('The proposal that it goes on from'),
});
export type ProposalSummary = z.infer<typeof proposalSummary>;

export const proposal = proposalSummary.extend({
  base_files: z.record(z.string(), z.string()).describe('The draft that it was made from, as files'),
  generated_files: z.record(z.string(), z.string()).describe('The whole draft as proposed; empty before `ready`'),
  changes: z.array(counted),
  problems: z.array(definitionProblem).describe('What validation says of the proposed draft'),
  draft_version: z
    .number()
    .int()
    .describe('Revision of the draft now: where it is not `base_version`, approving needs a merge'),
  hash: z
    .string()
    .nullable()
    .describe('Of approving everything onto the base, as `hash` takes it; null before `ready`'),
  todos,
  decision: z
    .object({
      hash: z.string(),
      paths: z.array(z.string()).nullable(),
      hunks: z.record(z.string(), z.array(z.number().int())).nullable(),
      comment: z.string(),
      draft_version: z.number().int().nullable().describe('Revision of the draft that the approval made'),
    })
    .nullable(),
});
export type Proposal = z.infer<typeof proposal>;

export const proposalFilter = z.object({
  agent_id: agentId.optional(),
  status: proposalStatus.optional(),
  created_by: userId.optional(),
});
export type ProposalFilter = z.infer<typeof proposalFilter>;

export const approveProposalRequest = z
  .strictObject({
    paths: z.array(workspacePath).min(1).max(500).optional().describe('Only these files; all when left out'),
    hunks: z
      .record(workspacePath, z.array(z.number().int().min(0)).max(5000))
      .optional()
      .describe('Of these files only these hunks, counted from 0 as in the diff from base to proposal'),
    hash: z
      .string()
      .length(64)
      .optional()
      .describe('SHA-256 of what the choice results in; another one is refused with 409'),
    onto: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Revision of the draft that it is merged onto; `base_version` when left out'),
    resolved: z
      .record(workspacePath, z.string().max(MAX_GENERATED_BYTES).nullable())
      .optional()
      .describe('Contents of files that the merge could not make; null for one that goes away'),
    comment: z.string().trim().max(2000).default(''),
  })
  .default({ comment: '' });
export type ApproveProposalRequest = z.infer<typeof approveProposalRequest>;

export const rejectProposalRequest = z
  .strictObject({ comment: z.string().trim().max(2000).default('') })
  .default({ comment: '' });

/** What 409 `draft_moved` tells besides: the draft as it is now with the chosen changes merged in. */
export const proposalMerge = z.object({
  draft_version: z.number().int(),
  hash: z.string().nullable().describe('Approve again with it and `onto`; null while there are conflicts'),
  files: z.record(z.string(), z.string()).describe('The merge; files in conflict as the draft has them'),
  conflicts: z.array(
    z.object({
      path: z.string(),
      base: z.string().nullable(),
      draft: z.string().nullable(),
      proposed: z.string().nullable(),
      marked: z.string().describe('Both, with conflict markers'),
    }),
  ),
});
export type ProposalMerge = z.infer<typeof proposalMerge>;

export const proposalComment = z.object({
  id: proposalCommentId,
  path: z.string().nullable(),
  line: z.number().int().nullable().describe('In the proposed file, from 1'),
  text: z.string(),
  created_by: actor,
  created_at: timestamp,
});
export type ProposalComment = z.infer<typeof proposalComment>;

export const commentRequest = z.strictObject({
  text: z.string().trim().min(1).max(4000),
  path: workspacePath.optional(),
  line: z.number().int().min(1).max(1_000_000).optional(),
});
export type CommentRequest = z.infer<typeof commentRequest>;

export const proposalAccessRequest = z.strictObject({
  access: z.enum(['organization', 'private']),
  people: z
    .array(z.strictObject({ user_id: userId, level: z.enum(['read', 'decide']) }))
    .max(100)
    .default([]),
});
export type ProposalAccessRequest = z.infer<typeof proposalAccessRequest>;
export const proposalAccess = z.object({
  access: z.enum(['organization', 'private']),
  people: z.array(z.object({ user_id: userId, name: z.string(), level: z.enum(['read', 'decide']) })),
});
export type ProposalAccess = z.infer<typeof proposalAccess>;

export const proposalStats = z.object({
  by_status: z.record(proposalStatus, z.number().int()),
  approval_rate: z.number().nullable().describe('Approved of those decided, 0 to 1; null where none was'),
  duration_ms: z
    .object({ p50: z.number(), p95: z.number() })
    .nullable()
    .describe('From the request to the end of the run'),
});

export type ProposalStats = z.infer<typeof proposalStats>;

/** `POST /proposals/{id}/shadow-runs`: tries the proposed draft on recent executions. */
export const proposalTrial = z.object({ shadow_run_id: shadowRunId });
export type ProposalTrial = z.infer<typeof proposalTrial>;

/** Attributes of a draft’s file in a listing. */
export const draftFile = z.object({ path: z.string(), size: z.number().int().describe('Characters') });
export const draftFiles = z.object({
  draft_version: z.number().int(),
  data: z.array(draftFile),
});
export const draftFileContent = draftFile.extend({ draft_version: z.number().int(), content: z.string() });
export const savedDraftFile = draftFileContent.extend({
  removed: z.array(z.string()).describe('Texts and tools that are gone with it: agent.yaml refers to them no more'),
});
export type DraftFileContent = z.infer<typeof draftFileContent>;
export type SavedDraftFile = z.infer<typeof savedDraftFile>;
export const putDraftFileRequest = z.strictObject({ content: z.string().max(768 * 1024) });

/** A test case of an agent, as `tests/<name>.json` holds it. */
export const agentTest = z.strictObject({
  input: jsonObject.default({}),
  expect: z
    .strictObject({
      status: z.enum(['completed', 'failed']).optional(),
      output: jsonValue.optional().describe('What the output has to contain: objects may have more members'),
      contains: z.string().max(2000).optional().describe('A text that stands somewhere in the output'),
    })
    .optional(),
});
export type AgentTest = z.infer<typeof agentTest>;
