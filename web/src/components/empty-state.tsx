import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from '@/lib/class-names.ts';

interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  /** Teaches the next step. */
  description: ReactNode;
  children?: ReactNode;
  className?: string;
}

export function EmptyState({ icon: Icon, title, description, children, className }: EmptyStateProps) {
  return (
    <div
      className={cn(
        'flex flex-col items-center rounded-xl border border-line-strong border-dashed px-6 py-14 text-center',
        className,
      )}
    >
      <span className="mb-4 flex size-10 items-center justify-center rounded-lg border border-line bg-surface text-faint shadow-card">
        <Icon className="size-5" aria-hidden="true" />
      </span>
      <h2 className="font-semibold text-base text-text">{title}</h2>
      <p className="mt-1 max-w-md text-pretty text-sm text-soft">{description}</p>
      {children !== undefined && <div className="mt-5 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  );
}
