import type { ReactNode } from 'react';
import { Button } from './ui/button.tsx';

interface ShowMoreProps {
  list: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
  children: ReactNode;
}

/** Below a list that grows page by page; gone with its last page. */
export function ShowMore({ list, children }: ShowMoreProps) {
  if (!list.hasNextPage) return null;
  return (
    <Button className="mt-3" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
      {children}
    </Button>
  );
}
