import { lazy, Suspense } from 'react';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import type { ControlIds } from '../field-frame.tsx';
import type { TextKind } from './preview-scope.ts';

export interface ExpressionInputProps {
  value: string;
  onChange: (value: string) => void;
  kind: TextKind;
  /** Name of the field, where it matters what may be named in it: `output_mapping`. */
  field?: string;
  control: ControlIds;
  /** Name for screen readers, where no label on the page is for this editor alone. */
  label?: string;
  multiline?: boolean;
  minLines?: number;
  placeholder?: string | undefined;
  /** One of many in a row: the preview shows while it is edited. */
  compact?: boolean;
}

// The editor and the engine behind it are larger than the rest of the form: they come when a field needs them.
const ExpressionBox = lazy(() => import('./expression-box.tsx'));

/** An editor for text with `{{…}}`, bare JSONata, or JSON. */
export function ExpressionInput(props: ExpressionInputProps) {
  return (
    <Suspense fallback={<Skeleton className={props.multiline ? 'h-20 w-full' : 'h-8 w-full'} />}>
      <ExpressionBox {...props} />
    </Suspense>
  );
}
