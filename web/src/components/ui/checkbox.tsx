import { Check, Minus } from 'lucide-react';
import { Checkbox as Primitive } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from '@/lib/class-names.ts';

export function Checkbox({ className, ...props }: ComponentProps<typeof Primitive.Root>) {
  return (
    <Primitive.Root
      className={cn(
        'flex size-4 shrink-0 items-center justify-center rounded-sm border border-field-line bg-surface transition-colors duration-100 data-[state=checked]:border-accent data-[state=indeterminate]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:bg-accent dark:bg-sunken',
        className,
      )}
      {...props}
    >
      <Primitive.Indicator>
        {props.checked === 'indeterminate' ? (
          <Minus className="size-3 text-on-accent" strokeWidth={3} aria-hidden="true" />
        ) : (
          <Check className="size-3 text-on-accent" strokeWidth={3} aria-hidden="true" />
        )}
      </Primitive.Indicator>
    </Primitive.Root>
  );
}
