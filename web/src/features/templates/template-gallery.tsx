import type { Template, TemplateCategory } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { CircleCheck, KeySquare } from 'lucide-react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { cn } from '@/lib/class-names.ts';
import { templatesQuery } from './queries.ts';
import { TemplateForm } from './template-form.tsx';
import { TemplateIcons } from './template-nodes.tsx';

const CATEGORIES: readonly { readonly category: TemplateCategory | undefined; readonly label: string }[] = [
  { category: undefined, label: 'All' },
  { category: 'support', label: 'Support' },
  { category: 'sales', label: 'Sales' },
  { category: 'finance', label: 'Finance' },
  { category: 'operations', label: 'Operations' },
];

interface TemplateGalleryProps {
  category: TemplateCategory | undefined;
  /** Id of the one that is looked at. */
  opened: string | undefined;
}

export function TemplateGallery({ category, opened }: TemplateGalleryProps) {
  const navigate = useNavigate({ from: '/dashboard/templates' });
  const templates = useQuery(templatesQuery);
  const shown = templates.data?.filter((each) => category === undefined || each.category === category);
  const template = templates.data?.find(({ id }) => id === opened);
  const close = () => void navigate({ search: (old) => ({ ...old, template: undefined }), replace: true });
  return (
    <>
      <nav aria-label="Kinds of templates" className="mb-4 flex flex-wrap gap-1.5">
        {CATEGORIES.map((each) => (
          <Link
            key={each.label}
            to="/dashboard/templates"
            search={each.category === undefined ? {} : { category: each.category }}
            aria-current={each.category === category ? 'page' : undefined}
            className={cn(
              'rounded-full border border-line px-3 py-1 text-soft text-xs transition-colors duration-100 hover:bg-hover hover:text-text',
              each.category === category && 'border-accent bg-accent-soft font-medium text-accent-text',
            )}
          >
            {each.label}
          </Link>
        ))}
      </nav>
      {templates.error && <ProblemCallout error={templates.error} onRetry={() => void templates.refetch()} />}
      <ul aria-label="Templates" className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {templates.isPending &&
          ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
            <li key={key}>
              <Skeleton className="h-44 w-full" />
            </li>
          ))}
        {shown?.map((each) => (
          <TemplateCard key={each.id} template={each} />
        ))}
      </ul>
      {template !== undefined && (
        <Dialog
          open
          onOpenChange={(open) => !open && close()}
          title={template.name}
          description={template.description}
          className="max-w-xl"
        >
          <TemplateForm template={template} onClose={close} />
        </Dialog>
      )}
    </>
  );
}

function TemplateCard({ template }: { template: Template }) {
  const secrets = template.needs.filter(({ kind }) => kind === 'secret').length;
  const Icon = secrets === 0 ? CircleCheck : KeySquare;
  return (
    <li className="relative flex flex-col rounded-xl border border-line bg-surface p-4 shadow-card transition-colors duration-100 hover:border-line-strong">
      <TemplateIcons nodes={template.nodes} />
      <h2 className="mt-3 font-medium text-text">
        <Link
          to="/dashboard/templates"
          search={(old) => ({ ...old, template: template.id })}
          className="rounded-sm before:absolute before:inset-0 before:rounded-xl hover:text-accent-text focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:outline-ring focus-visible:before:outline-offset-2"
        >
          {template.name}
        </Link>
      </h2>
      <p className="mt-1 mb-3 text-pretty text-sm text-soft">{template.description}</p>
      <p className="mt-auto flex items-center gap-1.5 text-faint text-xs">
        <Icon className="size-3.5" aria-hidden="true" />
        {secrets === 0 ? 'Runs as it is' : secrets === 1 ? 'Needs one secret' : `Needs ${secrets} secrets`}
      </p>
    </li>
  );
}
