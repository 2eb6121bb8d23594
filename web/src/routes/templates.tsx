import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { TemplateGallery } from '@/features/templates/template-gallery.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/templates');

export function TemplatesPage() {
  usePageTitle('Templates');
  useBreadcrumbs([{ label: 'Templates' }], 'templates');
  const { category, template } = route.useSearch();
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="Templates" description="Agents that work, to begin with and to make your own." />
      <TemplateGallery category={category} opened={template} />
    </div>
  );
}
