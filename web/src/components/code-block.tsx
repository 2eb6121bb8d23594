import { type ReactNode, useId } from 'react';
import { CopyButton } from './copy-button.tsx';

interface CodeBlockProps {
  label: string;
  code: string;
  /** Beside the copy button. */
  children?: ReactNode;
}

/** Code under its name, ready to be copied. */
export function CodeBlock({ label, code, children }: CodeBlockProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="overflow-hidden rounded-lg border border-line bg-sunken">
      <div className="flex h-8 items-center justify-between gap-2 border-line border-b bg-surface pr-1 pl-3">
        <h4 id={id} className="min-w-0 flex-1 truncate text-faint text-xs">
          {label}
        </h4>
        {children}
        <CopyButton value={code} label={`Copy ${label}`} />
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
        tabIndex={0}
        className="wrap-anywhere max-h-72 overflow-auto whitespace-pre-wrap p-3 font-mono text-xs leading-5 focus-visible:outline-offset-[-2px]"
      >
        {code}
      </pre>
    </section>
  );
}
