import { useLocation } from '@tanstack/react-router';
import { ConsentView } from '@/features/consent/consent-view.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function ConsentPage() {
  usePageTitle('Connect a program');
  const request = useLocation({ select: ({ searchStr }) => searchStr.replace(/^\?/, '') });
  return <ConsentView key={request} request={request} />;
}
