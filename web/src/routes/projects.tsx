import { getRouteApi } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { PageHeader } from '@/components/page-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { CreateProjectDialog } from '@/features/projects/create-project-dialog.tsx';
import { ProjectList } from '@/features/projects/project-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/projects');

export function ProjectsPage() {
  usePageTitle('Projects');
  useBreadcrumbs([{ label: 'Projects' }], 'projects');
  const { search, state, cursor, create } = route.useSearch();
  const navigate = route.useNavigate();
  const mayWrite = useCan('projects:write');
  const open = (next: 'new' | undefined) =>
    void navigate({ search: (old) => ({ ...old, create: next }), replace: next === undefined });
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title="Projects"
        description="Executions that belong together: they share values, and their cost stands together."
      >
        {mayWrite && (
          <Button variant="primary" onClick={() => open('new')}>
            <Plus aria-hidden="true" /> Create project
          </Button>
        )}
      </PageHeader>
      <ProjectList search={search} archived={state === 'archived'} cursor={cursor} onCreate={() => open('new')} />
      <CreateProjectDialog open={mayWrite && create === 'new'} onClose={() => open(undefined)} />
    </div>
  );
}
