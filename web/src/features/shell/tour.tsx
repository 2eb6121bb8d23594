import { X } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { cn } from '@/lib/class-names.ts';
import { CONTROL } from '@/lib/shortcuts.ts';

interface Step {
  readonly title: string;
  readonly text: React.ReactNode;
  /** What it is about, on the page. */
  readonly target: string;
}

const STEPS: readonly Step[] = [
  {
    title: 'Begin with an agent',
    text: 'An agent is a graph of steps: models, HTTP calls, decisions, people. Take a template that works, or build your own.',
    target: 'nav[aria-label="Sections"] a[href^="/dashboard/agents"]',
  },
  {
    title: 'Test, then publish',
    text: 'You edit a draft, which saves itself. A test sends nothing to anybody. Publishing makes a version that never changes.',
    target: 'nav[aria-label="Sections"] a[href^="/dashboard/templates"]',
  },
  {
    title: 'Watch it run',
    text: 'Every execution shows its steps as they happen: what went in, what came out, what it cost. No crash loses a finished step.',
    target: 'nav[aria-label="Sections"] a[href^="/dashboard/executions"]',
  },
  {
    title: 'Get around quickly',
    text: (
      <>
        <Kbd>{CONTROL}</Kbd> <Kbd>K</Kbd> goes anywhere and does anything; <Kbd>?</Kbd> lists the keys of every page.
      </>
    ),
    target: 'header [aria-keyshortcuts="Control+K Meta+K"]',
  },
];

interface TourProps {
  /** Takes the keyboard to it: for who asked for it. */
  focused: boolean;
  onEnd: () => void;
}

/** Four steps through the product, beside the page rather than in front of it. */
export default function Tour({ focused, onEnd }: TourProps) {
  const [at, setAt] = useState(0);
  const next = useRef<HTMLButtonElement>(null);
  const step = STEPS[at] as Step;
  const isLast = at === STEPS.length - 1;
  useEffect(() => {
    if (focused) next.current?.focus();
  }, [focused]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // Escape is first of all for what lies above the page.
      const isTaken =
        event.defaultPrevented || document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]');
      if (event.key === 'Escape' && !isTaken) onEnd();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [onEnd]);
  return (
    <>
      <Ring target={step.target} />
      <section
        aria-label="Tour"
        className="fixed right-3 bottom-3 left-3 z-40 animate-appear rounded-xl border border-line bg-raised p-4 shadow-pop sm:right-5 sm:bottom-5 sm:left-auto sm:w-80"
      >
        <div className="flex items-start gap-2">
          <div aria-live="polite" className="min-w-0 flex-1">
            <p className="text-2xs text-faint">
              Step {at + 1} of {STEPS.length}
            </p>
            <h2 className="font-semibold text-base text-text">{step.title}</h2>
            <p className="mt-1 min-h-15 text-pretty text-sm text-soft">{step.text}</p>
          </div>
          <Button variant="ghost" size="icon-sm" className="-mt-1.5 -mr-1.5" aria-label="Skip the tour" onClick={onEnd}>
            <X aria-hidden="true" />
          </Button>
        </div>
        <div className="mt-3 flex items-center gap-2">
          <span aria-hidden="true" className="flex flex-1 gap-1">
            {STEPS.map(({ title }, index) => (
              <span key={title} className={cn('h-1 w-4 rounded-full', index <= at ? 'bg-accent' : 'bg-line-strong')} />
            ))}
          </span>
          {at > 0 && (
            <Button size="sm" variant="ghost" onClick={() => setAt(at - 1)}>
              Back
            </Button>
          )}
          <Button ref={next} size="sm" variant="primary" onClick={() => (isLast ? onEnd() : setAt(at + 1))}>
            {isLast ? 'Done' : 'Next'}
          </Button>
        </div>
      </section>
    </>
  );
}

/** A ring around what a step is about, where that shows. It takes no clicks. */
function Ring({ target }: { target: string }) {
  const [box, setBox] = useState<DOMRect | null>(null);
  useLayoutEffect(() => {
    const measure = () => {
      const found = [...document.querySelectorAll(target)].map((each) => each.getBoundingClientRect());
      setBox(found.find(({ width }) => width > 0) ?? null);
    };
    measure();
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, [target]);
  if (box === null) return null;
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none fixed z-40 rounded-lg outline-2 outline-accent outline-offset-2"
      style={{ left: box.left, top: box.top, width: box.width, height: box.height }}
    />
  );
}
