import { useQuery } from '@tanstack/react-query';
import { Bell as BellIcon } from 'lucide-react';
import { lazy, Suspense, useRef, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { bellQuery } from './queries.ts';

const BellPanel = lazy(() => import('@/features/notifications/bell-panel.tsx'));
/** As many as are counted. */
const MOST = 100;

/** How many notifications wait, and the list of them one press away. */
export function Bell() {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const unread = useQuery(bellQuery).data?.unread ?? 0;
  const count = unread >= MOST ? `${MOST - 1}+` : String(unread);
  return (
    <>
      <Button
        ref={button}
        variant="ghost"
        size="icon"
        className="relative"
        aria-label={unread === 0 ? 'Notifications' : `Notifications, ${count} unread`}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <BellIcon aria-hidden="true" />
        {unread > 0 && (
          <span
            aria-hidden="true"
            className="tabular absolute top-0.5 right-0 min-w-4 rounded-full bg-accent px-1 text-center font-semibold text-2xs text-on-accent"
          >
            {count}
          </span>
        )}
      </Button>
      {open && (
        <Suspense>
          <BellPanel button={button} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
