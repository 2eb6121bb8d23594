import { useQuery } from '@tanstack/react-query';
import { FilePlus2, FileUp, LayoutTemplate, Sparkles } from 'lucide-react';
import { useState } from 'react';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { templatesQuery } from '@/features/templates/queries.ts';
import { TemplateForm } from '@/features/templates/template-form.tsx';
import { TemplatePicker } from '@/features/templates/template-picker.tsx';
import { CreateAgentForm } from './create-agent-form.tsx';
import { DescribeAgentForm } from './describe-agent-form.tsx';
import { ImportAgentForm } from './import-agent-form.tsx';

export type NewAgentWay = 'describe' | 'new' | 'template' | 'import';

interface NewAgentDialogProps {
  /** How the agent is begun; undefined while nobody wants one. */
  way: NewAgentWay | undefined;
  onWay: (way: NewAgentWay) => void;
  onClose: () => void;
}

const DESCRIPTIONS: Record<NewAgentWay, string> = {
  describe: 'Say what it should do. A draft comes back as a proposal that you look at first.',
  new: 'It starts as a small draft that runs; nothing is live until you publish it.',
  template: 'An agent that works, to make your own.',
  import: 'From an agent file in JSON or YAML, as export writes it. It becomes a draft.',
};

/** The ways to begin an agent. */
export function NewAgentDialog({ way, onWay, onClose }: NewAgentDialogProps) {
  const shown = way ?? 'describe';
  return (
    <Dialog
      open={way !== undefined}
      onOpenChange={(next) => !next && onClose()}
      title="New agent"
      description={DESCRIPTIONS[shown]}
      className="max-w-xl"
      startInField={shown === 'new' || shown === 'describe'}
    >
      <Tabs value={shown} onValueChange={(next) => onWay(next as NewAgentWay)} className="flex min-h-0 flex-col">
        <TabsList aria-label="Begin with" className="mt-2 shrink-0 px-5">
          <TabsTrigger value="describe">
            <Sparkles className="size-4" aria-hidden="true" /> Describe it
          </TabsTrigger>
          <TabsTrigger value="new">
            <FilePlus2 className="size-4" aria-hidden="true" /> Blank
          </TabsTrigger>
          <TabsTrigger value="template">
            <LayoutTemplate className="size-4" aria-hidden="true" /> Template
          </TabsTrigger>
          <TabsTrigger value="import">
            <FileUp className="size-4" aria-hidden="true" /> Import
          </TabsTrigger>
        </TabsList>
        <TabsContent value="describe" className="flex min-h-0 flex-col data-[state=inactive]:hidden">
          <DescribeAgentForm onTemplate={() => onWay('template')} onClose={onClose} />
        </TabsContent>
        <TabsContent value="new" className="flex min-h-0 flex-col data-[state=inactive]:hidden">
          <CreateAgentForm onClose={onClose} />
        </TabsContent>
        <TabsContent value="template" className="flex min-h-0 flex-col data-[state=inactive]:hidden">
          <FromTemplate onClose={onClose} />
        </TabsContent>
        <TabsContent value="import" className="flex min-h-0 flex-col data-[state=inactive]:hidden">
          <ImportAgentForm onClose={onClose} />
        </TabsContent>
      </Tabs>
    </Dialog>
  );
}

function FromTemplate({ onClose }: { onClose: () => void }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const template = useQuery(templatesQuery).data?.find(({ id }) => id === chosen);
  if (template === undefined) return <TemplatePicker onChoose={setChosen} />;
  return <TemplateForm template={template} onClose={onClose} onBack={() => setChosen(null)} />;
}
