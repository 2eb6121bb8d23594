import { getRouteApi } from '@tanstack/react-router';
import { ExecutionView } from '@/features/executions/execution-view.tsx';

const route = getRouteApi('/dashboard/executions/$executionId');

export function ExecutionPage() {
  const { executionId } = route.useParams();
  const { step, tab, lineage } = route.useSearch();
  return (
    <ExecutionView key={executionId} executionId={executionId} selected={step} tab={tab} lineage={lineage === 'open'} />
  );
}
