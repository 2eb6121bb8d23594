import { z } from 'zod';
import type { JsonValue } from '../common.ts';
import { actionHttp, actionWebhook } from './action.ts';
import { agentCall, agentHandoff } from './agent.ts';
import { aiChat, aiClassify, aiExtract, aiSummarize } from './ai.ts';
import { aiAgent } from './ai-agent.ts';
import { humanApproval, humanForm } from './human.ts';
import { logicDelay, logicIf, logicLoop, logicMerge, logicStop, logicSwitch, logicTransform } from './logic.ts';
import { triggerEvent, triggerManual, triggerSchedule, triggerWebhook } from './trigger.ts';
import { ERROR_HANDLE, type NodeType, type OutputHandle } from './types.ts';

/** The one registry of node types. A type is here when the engine runs it. */
export const NODE_TYPES = {
  'trigger.manual': triggerManual,
  'trigger.webhook': triggerWebhook,
  'trigger.schedule': triggerSchedule,
  'trigger.event': triggerEvent,
  'ai.chat': aiChat,
  'ai.summarize': aiSummarize,
  'ai.classify': aiClassify,
  'ai.extract': aiExtract,
  'ai.agent': aiAgent,
  'action.http': actionHttp,
  'action.webhook': actionWebhook,
  'agent.call': agentCall,
  'agent.handoff': agentHandoff,
  'logic.if': logicIf,
  'logic.switch': logicSwitch,
  'logic.loop': logicLoop,
  'logic.delay': logicDelay,
  'logic.merge': logicMerge,
  'logic.transform': logicTransform,
  'logic.stop': logicStop,
  'human.approval': humanApproval,
  'human.form': humanForm,
} as const;

export type NodeTypeName = keyof typeof NODE_TYPES;
/** Config of a node type after its schema's defaults. */
export type NodeConfig<T extends NodeTypeName> = z.output<(typeof NODE_TYPES)[T]['config']>;

export function isNodeType(type: string): type is NodeTypeName {
  return Object.hasOwn(NODE_TYPES, type);
}

/** The entry of a type, or undefined for one that this release does not know. */
export function nodeType(type: string): NodeType | undefined {
  // Each entry's `handles` takes its own config; callers pass a config that the entry's schema has parsed.
  return isNodeType(type) ? (NODE_TYPES[type] as unknown as NodeType) : undefined;
}

/** Exits of a node, the error exit included where its `on_error` is `branch`. */
export function outputHandles(type: NodeType, config: unknown, onError: string | undefined): readonly OutputHandle[] {
  const handles = type.handles(config);
  return onError === 'branch' ? [...handles, { handle: ERROR_HANDLE, title: 'On error' }] : handles;
}

/** What GET /node-types answers: the registry with its schemas as JSON Schema. */
export const nodeTypeInfo = z.object({
  type: z.string(),
  category: z.string(),
  title: z.string(),
  description: z.string(),
  icon: z.string(),
  side_effect: z.boolean(),
  config_schema: z.record(z.string(), z.unknown()),
  output_schema: z.record(z.string(), z.unknown()).nullable(),
  handles: z.array(z.object({ handle: z.string(), title: z.string() })),
  example: z.record(z.string(), z.unknown()),
});
export type NodeTypeInfo = z.infer<typeof nodeTypeInfo>;

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', cycles: 'ref' }) as Record<string, unknown>;
}

/** JSON Schema of a type's config as an author writes it, with the hints that its form is made from. */
export function configSchemaOf(type: NodeType): Record<string, unknown> {
  return jsonSchema(type.config);
}

/** Describes every node type; `handles` are those of its example config. */
export function describeNodeTypes(): NodeTypeInfo[] {
  return Object.values(NODE_TYPES).map((entry) => {
    const type = entry as unknown as NodeType;
    return {
      type: type.type,
      category: type.category,
      title: type.title,
      description: type.description,
      icon: type.icon,
      side_effect: type.sideEffect,
      config_schema: configSchemaOf(type),
      output_schema: type.output === null ? null : jsonSchema(type.output),
      handles: type.handles(type.config.parse(type.example)).map((each) => ({ ...each })),
      example: type.example as Record<string, JsonValue>,
    };
  });
}
