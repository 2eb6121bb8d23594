import type { SignatureScheme } from '@agentflow/contracts';
import { CodeBlock } from '@/components/code-block.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { VERIFICATION_SNIPPETS } from './snippets.ts';

/** How a receiver checks that a request is from here. */
export function Verification({ signature }: { signature: SignatureScheme }) {
  const snippets = VERIFICATION_SNIPPETS[signature];
  return (
    <Tabs defaultValue="typescript">
      <TabsList aria-label="Languages">
        {snippets.map(({ id, title }) => (
          <TabsTrigger key={id} value={id}>
            {title}
          </TabsTrigger>
        ))}
      </TabsList>
      {snippets.map(({ id, title, code }) => (
        <TabsContent key={id} value={id} className="pt-3">
          <CodeBlock label={`Verify in ${title}`} code={code} />
        </TabsContent>
      ))}
    </Tabs>
  );
}
