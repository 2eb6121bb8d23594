import { Link, type LinkProps } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { createContext, Fragment, type ReactNode, useContext, useEffect, useState } from 'react';

export interface Crumb {
  readonly label: ReactNode;
  readonly link?: LinkProps;
}

const CrumbsContext = createContext<{ crumbs: readonly Crumb[]; set: (crumbs: readonly Crumb[]) => void }>({
  crumbs: [],
  set: () => undefined,
});

export function BreadcrumbsProvider({ children }: { children: ReactNode }) {
  const [crumbs, set] = useState<readonly Crumb[]>([]);
  return <CrumbsContext value={{ crumbs, set }}>{children}</CrumbsContext>;
}

/** Tells the top bar where this page stands; `key` changes when the trail does. */
export function useBreadcrumbs(crumbs: readonly Crumb[], key: string): void {
  const { set } = useContext(CrumbsContext);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the crumbs, which are new on each render
  useEffect(() => set(crumbs), [key]);
}

export function Breadcrumbs({ organization }: { organization: ReactNode }) {
  const { crumbs } = useContext(CrumbsContext);
  return (
    <nav aria-label="Breadcrumbs" className="min-w-0 flex-1">
      <ol className="flex min-w-0 items-center gap-1 text-sm">
        <li className="hidden shrink-0 sm:block">{organization}</li>
        {crumbs.map((crumb, index) => {
          const last = index === crumbs.length - 1;
          return (
            <Fragment key={crumb.link?.to ?? 'here'}>
              <li aria-hidden="true" className="hidden sm:block">
                <ChevronRight className="size-3.5 shrink-0 text-faint" />
              </li>
              <li className={last ? 'min-w-0 truncate' : 'hidden shrink-0 sm:block'}>
                {crumb.link === undefined || last ? (
                  <span aria-current={last ? 'page' : undefined} className="text-text">
                    {crumb.label}
                  </span>
                ) : (
                  <Link {...crumb.link} className="rounded-sm text-soft hover:text-text">
                    {crumb.label}
                  </Link>
                )}
              </li>
            </Fragment>
          );
        })}
      </ol>
    </nav>
  );
}
