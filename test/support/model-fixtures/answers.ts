import type { LLMock } from '@copilotkit/aimock';

export const HAIKU = 'An old silent pond. A frog jumps into the water. Splash! Silence again.';
/** What the model weighs with a tool. */
export const FROGS = ['green', 'brown'];
export const TRIAGE = { category: 'billing', priority: 'high' };

/** What the mock model server answers, by vendor, with the usage that each wire format reports. */
export function addAnswers(server: LLMock): void {
  const vendors = [
    [/^gpt-/, { prompt_tokens: 21, completion_tokens: 17, total_tokens: 38 }],
    [/^claude-/, { input_tokens: 21, output_tokens: 17 }],
    [/^gemini-/, { promptTokenCount: 21, candidatesTokenCount: 17, totalTokenCount: 38 }],
    [/^(llama|qwen|local)/, { prompt_tokens: 21, completion_tokens: 17, total_tokens: 38 }],
  ] as const;
  for (const [model, usage] of vendors) {
    server.on({ model, userMessage: 'Write a haiku' }, { content: HAIKU, usage });
    server.on({ model, userMessage: 'Sort this ticket' }, { content: JSON.stringify(TRIAGE), usage });
    server.on(
      { model, userMessage: 'Sort in a fence' },
      { content: `Sure!\n\`\`\`json\n${JSON.stringify(TRIAGE)}\n\`\`\``, usage },
    );
    server.on({ model, userMessage: 'Talk instead of sorting' }, { content: 'I would say billing.', usage });
    server.on(
      { model, userMessage: 'Weigh two frogs', turnIndex: 0 },
      { toolCalls: FROGS.map((frog) => ({ name: 'weigh', arguments: JSON.stringify({ frog }) })), usage },
    );
    server.on({ model, userMessage: 'Weigh two frogs', turnIndex: 1 }, { content: HAIKU, usage });
    server.on({ model, userMessage: 'Sort with a wrong type' }, { content: '{"category": 7}', usage });
  }
  server.onEmbedding('a pond', { embedding: [0.6, 0.8] });
}
