import { getRouteApi } from '@tanstack/react-router';
import { PolicyView } from '@/features/policies/policy-view.tsx';

const route = getRouteApi('/dashboard/policies/$policyId');

export function PolicyPage() {
  const { policyId } = route.useParams();
  const { tab } = route.useSearch();
  return <PolicyView key={policyId} policyId={policyId} tab={tab ?? 'policy'} />;
}
