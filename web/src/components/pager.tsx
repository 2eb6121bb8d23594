import { ChevronLeft, ChevronRight } from 'lucide-react';
import { Button } from './ui/button.tsx';

interface PagerProps {
  /** What is on the page, in words. */
  summary: string;
  onFirst: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

/** Newer and older pages of a list whose place is a cursor: the way back to a certain page is the browser's. */
export function Pager({ summary, onFirst, onNext }: PagerProps) {
  return (
    <nav aria-label="Pages" className="mt-3 flex items-center gap-2">
      <p className="tabular flex-1 text-faint text-xs">{summary}</p>
      <Button size="sm" disabled={onFirst === undefined} onClick={onFirst}>
        <ChevronLeft aria-hidden="true" /> Newest
      </Button>
      <Button size="sm" disabled={onNext === undefined} onClick={onNext}>
        Older <ChevronRight aria-hidden="true" />
      </Button>
    </nav>
  );
}
