import { getRouteApi } from '@tanstack/react-router';
import { ProjectView } from '@/features/projects/project-view.tsx';

const route = getRouteApi('/dashboard/projects/$projectId');

export function ProjectPage() {
  const { projectId } = route.useParams();
  const { tab, key } = route.useSearch();
  return <ProjectView key={projectId} projectId={projectId} tab={tab ?? 'activity'} openedKey={key} />;
}
