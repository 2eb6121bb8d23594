import type { ReactNode } from 'react';
import { Logo } from '@/components/logo.tsx';

interface AuthFrameProps {
  title: string;
  description: string;
  children: ReactNode;
  footer?: ReactNode;
}

export function AuthFrame({ title, description, children, footer }: AuthFrameProps) {
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[12vh] pb-10">
      <div className="w-full max-w-sm">
        <div className="mb-7 flex items-center gap-2.5">
          <Logo className="size-8" />
          <span className="font-semibold text-lg tracking-tight">AgentFlow</span>
        </div>
        <h1 className="break-words font-semibold text-2xl tracking-tight">{title}</h1>
        <p className="mt-1 mb-6 text-pretty text-soft">{description}</p>
        {children}
        {footer !== undefined && <p className="mt-6 text-sm text-soft">{footer}</p>}
      </div>
    </main>
  );
}
