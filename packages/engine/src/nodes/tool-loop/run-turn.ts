import type { NodeConfig } from '@agentflow/contracts';
import type { EnginePorts, ModelTool, StepCall, StepContext } from '../../ports.ts';
import { ask, settingsOf } from '../model-answer.ts';
import { completed, failed, type StepOutcome } from '../step-outcome.ts';
import { workingConversation } from './long-conversation.ts';
import { callsOf, configOf, prefixOf } from './loop.ts';
import { conversationOf, stored, type TurnRequest, turnsOf } from './records.ts';

/** Asks the model once, with everything that was said before this turn and what it adds. */
export async function runTurn(
  node: NodeConfig<'ai.agent'>,
  call: StepCall,
  context: StepContext,
  ports: EnginePorts,
): Promise<StepOutcome> {
  const request = call.request as unknown as TurnRequest;
  const before = turnsOf(callsOf(context.calls, prefixOf(call.id)));
  const config = configOf(node, (before[0]?.request ?? request).helper);
  const offered = before[0]?.request.tools ?? request.tools ?? [];
  const tools = offered.map(({ name, description, parameters }): ModelTool => ({ name, description, parameters }));
  const answer = await ask(
    ports,
    context,
    {
      ...settingsOf(config),
      task: { kind: 'chat', text: config.prompt },
      messages: [...(config.deep === undefined ? conversationOf : workingConversation)(before), ...request.messages],
      tools,
      tool_choice: request.purpose === 'work' ? 'auto' : 'none',
    },
    config.schema === undefined,
  );
  if (!answer.ok) return failed(answer.error, answer.calls);
  const { text, finish_reason, calls, tool_calls = [] } = answer;
  const usage = {
    input_tokens: calls.reduce((sum, call) => sum + call.input_tokens, 0),
    output_tokens: calls.reduce((sum, call) => sum + call.output_tokens, 0),
  };
  return completed(stored({ text, tool_calls, finish_reason, usage }), 'out', calls);
}
