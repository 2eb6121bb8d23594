import type { ComponentProps, ReactNode } from 'react';
import { cn } from '@/lib/class-names.ts';

export function Card({ className, ...props }: ComponentProps<'section'>) {
  return <section className={cn('rounded-xl border border-line bg-surface shadow-card', className)} {...props} />;
}

export function CardHeader({
  title,
  description,
  children,
}: {
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 border-line border-b px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <h2 className="font-semibold text-base text-text">{title}</h2>
        {description !== undefined && <p className="text-faint text-xs">{description}</p>}
      </div>
      {children}
    </div>
  );
}
