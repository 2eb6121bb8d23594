import type { ReactNode } from 'react';

interface SectionHeaderProps {
  title: ReactNode;
  /** For the section that the title names. */
  titleId?: string;
  description: ReactNode;
  /** What can be done with all of it. */
  children?: ReactNode;
}

/** Above a list or table that shares its page with others. */
export function SectionHeader({ title, titleId, description, children }: SectionHeaderProps) {
  return (
    <div className="mb-4 flex flex-wrap items-center gap-3">
      <div className="min-w-0 flex-1 basis-60">
        <h2 id={titleId} className="break-words font-semibold text-lg">
          {title}
        </h2>
        <p className="break-words text-soft">{description}</p>
      </div>
      {children}
    </div>
  );
}
