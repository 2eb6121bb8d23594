import type { ExternalAgent } from '@agentflow/contracts';
import { useState } from 'react';
import { CodeBlock } from '@/components/code-block.tsx';
import { CopyButton } from '@/components/copy-button.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { useExampleCall } from './callable-agents.ts';
import { type Snippet, snippetsFor } from './snippets.ts';

interface SnippetViewProps {
  agent: Pick<ExternalAgent, 'id' | 'platform' | 'config' | 'agents'>;
  /** The whole key, or what stands for it. */
  apiKey: string;
}

/** How it connects, ready to be copied. */
export function SnippetView({ agent, apiKey }: SnippetViewProps) {
  const example = useExampleCall(agent.agents);
  const snippets = snippetsFor(agent.platform, {
    origin: location.origin,
    key: apiKey,
    externalAgentId: agent.id,
    agent: example,
    config: agent.config,
  });
  const [chosen, setChosen] = useState(snippets[0]?.id);
  return (
    <Tabs value={snippets.some(({ id }) => id === chosen) ? chosen : snippets[0]?.id} onValueChange={setChosen}>
      <TabsList aria-label="Ways to connect">
        {snippets.map(({ id, title }) => (
          <TabsTrigger key={id} value={id}>
            {title}
          </TabsTrigger>
        ))}
      </TabsList>
      {snippets.map((snippet) => (
        <TabsContent key={snippet.id} value={snippet.id} className="pt-3">
          <OneSnippet snippet={snippet} />
        </TabsContent>
      ))}
    </Tabs>
  );
}

function OneSnippet({ snippet: { steps, values, code } }: { snippet: Snippet }) {
  return (
    <div className="flex flex-col gap-3">
      {steps.length === 1 ? (
        <p className="text-sm text-soft">{steps[0]}</p>
      ) : (
        <ol className="list-decimal pl-5 text-sm text-soft">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      {values.length > 0 && (
        <dl className="grid gap-x-4 gap-y-1.5 text-sm sm:grid-cols-[auto_minmax(0,1fr)]">
          {values.map(({ label, value }) => (
            <div key={label} className="items-center sm:contents">
              <dt className="text-faint">{label}</dt>
              <dd className="flex min-w-0 items-center gap-1">
                <code className="min-w-0 break-all font-mono text-xs">{value}</code>
                <CopyButton value={value} label={`Copy ${label}`} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {code !== null && <CodeBlock label={code.label} code={code.text} />}
    </div>
  );
}
