import { Tooltip } from '@/components/ui/tooltip.tsx';
import { cn } from '@/lib/class-names.ts';
import { type FeedState, useFeed } from './use-feed.ts';

/** Words are for what is not as it should be. */
const LOOKS: Record<FeedState, { word?: string; says: string; dot: string }> = {
  connecting: { says: 'Connecting to what happens here', dot: 'bg-idle-solid' },
  live: { says: 'Lists and counts are live', dot: 'bg-completed-solid' },
  reconnecting: {
    word: 'Reconnecting…',
    says: 'The connection was lost and is being made again',
    dot: 'bg-waiting-solid animate-pulse-soft',
  },
  polling: {
    word: 'Every few seconds',
    says: 'There is no live connection: lists are read again every few seconds',
    dot: 'bg-waiting-solid',
  },
};

/** Keeps the tab's lists live, and shows whether they are. */
export function FeedStatus() {
  const { state, words } = useFeed();
  const { word, says, dot } = LOOKS[state];
  return (
    <>
      <Tooltip content={says}>
        <button
          type="button"
          data-feed={state}
          aria-label={says}
          className="flex h-8 shrink-0 cursor-default items-center gap-1.5 rounded-md px-1.5 text-faint text-xs"
        >
          <span aria-hidden="true" className={cn('size-1.5 rounded-full', dot)} />
          {word !== undefined && <span className="max-lg:sr-only">{word}</span>}
        </button>
      </Tooltip>
      <p role="status" className="sr-only">
        {words}
      </p>
    </>
  );
}
