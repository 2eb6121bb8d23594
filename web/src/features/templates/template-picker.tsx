import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { DialogBody } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { templatesQuery } from './queries.ts';
import { TemplateIcons } from './template-nodes.tsx';

/** Templates to choose from, inside a dialog. */
export function TemplatePicker({ onChoose }: { onChoose: (id: string) => void }) {
  const templates = useQuery(templatesQuery);
  return (
    <DialogBody className="gap-2">
      {templates.error && <ProblemCallout error={templates.error} onRetry={() => void templates.refetch()} />}
      {templates.isPending &&
        ['a', 'b', 'c', 'd'].map((key) => <Skeleton key={key} className="h-20 w-full shrink-0" />)}
      <ul className="flex flex-col gap-2">
        {templates.data?.map((template) => (
          <li key={template.id}>
            <button
              type="button"
              onClick={() => onChoose(template.id)}
              className="flex w-full items-center gap-3 rounded-lg border border-line bg-surface px-3 py-2.5 text-left transition-colors duration-100 hover:border-line-strong hover:bg-hover"
            >
              <span className="min-w-0 flex-1">
                <span className="block font-medium text-sm">{template.name}</span>
                <span className="mt-0.5 mb-2 block text-soft text-xs">{template.description}</span>
                <TemplateIcons nodes={template.nodes} />
              </span>
              <ChevronRight className="size-4 shrink-0 text-faint" aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
    </DialogBody>
  );
}
