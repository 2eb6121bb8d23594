import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { toast } from 'sonner';
import { cn } from '@/lib/class-names.ts';
import { Button } from './ui/button.tsx';

/** Copies a value and tells so: false where the browser does not allow it. */
export async function copyText(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    toast.error('The browser did not allow copying. Select the text and copy it by hand.');
    return false;
  }
}

interface CopyButtonProps {
  value: string;
  /** What is copied, for screen readers and as the hover title. */
  label: string;
  className?: string;
  /** Words beside the icon; without them it is a small icon button. */
  children?: ReactNode;
}

export function CopyButton({ value, label, className, children }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <Button
      variant={children === undefined ? 'ghost' : 'secondary'}
      size={children === undefined ? 'icon-sm' : 'sm'}
      className={cn(children === undefined && 'size-6 [&_svg]:size-3.5', className)}
      aria-label={children === undefined ? (copied ? 'Copied' : label) : undefined}
      title={label}
      onClick={async (event) => {
        event.preventDefault();
        event.stopPropagation();
        setCopied(await copyText(value));
      }}
    >
      <Icon aria-hidden="true" className={cn(copied && 'text-completed')} />
      {children}
    </Button>
  );
}

/** An identifier in short form; hover shows all of it, the button copies it. */
export function CopyableId({ id, short }: { id: string; short: string }) {
  return (
    <span className="inline-flex items-center gap-0.5 whitespace-nowrap font-mono text-soft text-xs">
      <span title={id}>{short}</span>
      <CopyButton value={id} label={`Copy ${id}`} />
    </span>
  );
}
