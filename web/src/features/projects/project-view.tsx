import type { Project } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Archive } from 'lucide-react';
import { CopyableId } from '@/components/copy-button.tsx';
import { PageHeader } from '@/components/page-header.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { RequestFailure } from '@/lib/api.ts';
import { shortId } from '@/lib/format.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { ProjectActivity } from './project-activity.tsx';
import { ProjectCostsTab } from './project-costs.tsx';
import { ProjectSettings } from './project-settings.tsx';
import { projectQuery } from './queries.ts';
import { SharedContext } from './shared-context.tsx';

export type ProjectTab = 'activity' | 'costs' | 'context' | 'settings';

interface ProjectViewProps {
  projectId: string;
  tab: ProjectTab;
  /** Of the shared context: the one that is shown beside the list. */
  openedKey: string | undefined;
}

export function ProjectView({ projectId, tab, openedKey }: ProjectViewProps) {
  const project = useQuery(projectQuery(projectId));
  const name = project.data?.value.name;
  usePageTitle(name ?? 'Project');
  useBreadcrumbs(
    [{ label: 'Projects', link: { to: '/dashboard/projects' } }, { label: name ?? '…' }],
    `project:${name ?? ''}`,
  );
  if (project.error instanceof RequestFailure && project.error.status === 404) return <NotFoundPage />;
  if (project.error && project.data === undefined) {
    return <ProblemCallout error={project.error} onRetry={() => void project.refetch()} />;
  }
  if (project.data === undefined) return <RoutePending />;
  return <LoadedProject tagged={project.data} tab={tab} openedKey={openedKey} />;
}

function LoadedProject({ tagged, tab, openedKey }: { tagged: Tagged<Project> } & Omit<ProjectViewProps, 'projectId'>) {
  const project = tagged.value;
  const navigate = useNavigate({ from: '/dashboard/projects/$projectId' });
  const nameOf = useActorName();
  const mayWrite = useCan('projects:write') && project.archived_at === null;
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title={project.name}
        description={
          <>
            {project.description !== '' && (
              <p className="mb-2 max-w-3xl whitespace-pre-line text-pretty break-words">{project.description}</p>
            )}
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
              {project.archived_at !== null && <StatusBadge status="archived" />}
              <span className="text-soft">
                Created <RelativeTime iso={project.created_at} /> by {nameOf(project.created_by)}
              </span>
              <CopyableId id={project.id} short={shortId(project.id)} />
            </div>
          </>
        }
      />
      {project.archived_at !== null && (
        <p className="mb-4 flex items-start gap-2.5 rounded-lg border border-line bg-sunken px-4 py-3 text-sm text-soft">
          <Archive className="mt-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
          <span>
            Archived <RelativeTime iso={project.archived_at} />. Nothing new starts in it and its shared context is
            gone; its executions and their cost stay.
          </span>
        </p>
      )}
      <Tabs
        value={tab}
        onValueChange={(next) =>
          void navigate({ search: { tab: next === 'activity' ? undefined : (next as ProjectTab) } })
        }
      >
        <TabsList aria-label="Project">
          <TabsTrigger value="activity">Activity</TabsTrigger>
          <TabsTrigger value="costs">Costs and budget</TabsTrigger>
          <TabsTrigger value="context">Shared context</TabsTrigger>
          <TabsTrigger value="settings">Settings</TabsTrigger>
        </TabsList>
        <TabsContent value="activity" className="pt-5">
          <ProjectActivity project={project} />
        </TabsContent>
        <TabsContent value="costs" className="pt-5">
          <ProjectCostsTab project={project} />
        </TabsContent>
        <TabsContent value="context" className="pt-5">
          <SharedContext project={project} mayWrite={mayWrite} openedKey={openedKey} />
        </TabsContent>
        <TabsContent value="settings" className="pt-5">
          <ProjectSettings tagged={tagged} mayWrite={mayWrite} />
        </TabsContent>
      </Tabs>
    </div>
  );
}
