import { Bot } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from '@/lib/class-names.ts';

/** A message in a chat: who writes, and what. */
export function ChatFrame({ name = 'AgentFlow', children }: { name?: string; children: ReactNode }) {
  return (
    <div className="flex gap-3 p-4">
      <span className="flex size-9 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent-text">
        <Bot className="size-5" aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="mb-1 flex items-baseline gap-2 text-sm">
          <span className="truncate font-semibold">{name}</span>
          <span className="rounded-sm bg-sunken px-1 text-2xs text-faint dark:bg-hover">APP</span>
          <span className="text-faint text-xs">now</span>
        </p>
        {children}
      </div>
    </div>
  );
}

/** A button as it stands in a message; nothing happens here when it is pressed. */
export function DrawnButton({ children, tone = 'plain' }: { children: ReactNode; tone?: 'plain' | 'good' | 'bad' }) {
  return (
    <span
      className={cn(
        'inline-flex h-7 max-w-full items-center rounded-md border px-3 font-medium text-xs',
        tone === 'plain' && 'border-line-strong bg-surface text-text dark:bg-raised',
        tone === 'good' && 'border-completed-solid/50 bg-completed-soft text-completed',
        tone === 'bad' && 'border-failed-solid/50 bg-failed-soft text-failed',
      )}
    >
      <span className="truncate">{children}</span>
    </span>
  );
}

export function DrawnFacts({ facts }: { facts: readonly (readonly [name: ReactNode, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 text-sm">
      {facts.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a fact is its place
        <div key={index} className="min-w-0">
          <dt className="break-words font-semibold text-xs">{name}</dt>
          <dd className="break-words text-soft">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
