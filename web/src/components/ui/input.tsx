import type { ComponentProps } from 'react';
import { cn } from '@/lib/class-names.ts';

const field =
  'w-full rounded-md border border-field-line bg-surface text-base text-text shadow-card placeholder:text-faint transition-colors duration-100 focus-visible:border-ring focus-visible:outline-1 focus-visible:outline-offset-0 disabled:opacity-60 aria-invalid:border-failed-solid dark:bg-sunken';

export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input className={cn(field, 'h-8 px-2.5', className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<'textarea'>) {
  return <textarea className={cn(field, 'min-h-20 px-2.5 py-1.5', className)} {...props} />;
}
