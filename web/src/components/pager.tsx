import { ChevronLeft, ChevronRight } from 'lucide-react';
import { Button } from './ui/button.tsx';

interface PagerProps {
  /** What is on the page, in words. */
  summary: string;
  /** Where this page begins; undefined on the first one. */
  cursor: string | undefined;
  /** Where the next page begins; null on the last one, undefined while that is not known. */
  next: string | null | undefined;
  /** Of a list that is not ordered by time. */
  words?: { readonly first: string; readonly next: string };
  onGo: (cursor: string | undefined) => void;
}

/** Newer and older pages of a list whose place is a cursor; a list of one page needs none. The way back to a certain page is the browser's. */
export function Pager({ summary, cursor, next, words, onGo }: PagerProps) {
  if (cursor === undefined && !next) return null;
  return (
    <nav aria-label="Pages" className="mt-3 flex items-center gap-2">
      <p className="tabular flex-1 text-faint text-xs">{summary}</p>
      <Button size="sm" disabled={cursor === undefined} onClick={() => onGo(undefined)}>
        <ChevronLeft aria-hidden="true" /> {words?.first ?? 'Newest'}
      </Button>
      <Button size="sm" disabled={!next} onClick={() => next && onGo(next)}>
        {words?.next ?? 'Older'} <ChevronRight aria-hidden="true" />
      </Button>
    </nav>
  );
}
