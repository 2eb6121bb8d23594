import type { Notification } from '@agentflow/contracts';
import {
  Bot,
  ClipboardCheck,
  GitPullRequestArrow,
  History,
  type LucideIcon,
  MessagesSquare,
  SquareArrowOutUpRight,
  UsersRound,
  Wallet,
  Webhook,
} from 'lucide-react';
import { PathLink } from '@/components/path-link.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { familyOf } from '@/features/targets/event-types.ts';
import { cn } from '@/lib/class-names.ts';

const ICONS: Readonly<Record<string, LucideIcon>> = {
  execution: History,
  agent: Bot,
  approval: ClipboardCheck,
  proposal: GitPullRequestArrow,
  project: Wallet,
  budget: Wallet,
  external_agent: SquareArrowOutUpRight,
  webhook: Webhook,
  channel: MessagesSquare,
  member: UsersRound,
};

interface NotificationItemProps {
  notification: Notification;
  /** It was opened. */
  onOpen: () => void;
}

/** One notification: opening it marks it as read and leads to where it is dealt with. */
export function NotificationItem({ notification, onOpen }: NotificationItemProps) {
  const { title, detail, path, read, timestamp, type } = notification;
  const Icon = ICONS[familyOf(type)] ?? History;
  const className =
    'flex w-full items-start gap-3 px-4 py-2.5 text-left text-sm transition-colors duration-100 hover:bg-hover focus-visible:outline-offset-[-2px]';
  const content = (
    <>
      <Icon className="mt-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
      <span className="min-w-0 flex-1">
        <span className={cn('block break-words', read ? 'text-soft' : 'font-medium text-text')}>{title}</span>
        {detail !== '' && <span className="line-clamp-2 break-words text-faint text-xs">{detail}</span>}
        <RelativeTime iso={timestamp} className="text-faint text-xs" />
      </span>
      {!read && (
        <span className="mt-1.5 shrink-0">
          <span className="sr-only">Unread</span>
          <span aria-hidden="true" className="block size-2 rounded-full bg-accent" />
        </span>
      )}
    </>
  );
  return path === null ? (
    <button type="button" className={className} onClick={onOpen}>
      {content}
    </button>
  ) : (
    <PathLink href={path} className={className} onClick={onOpen}>
      {content}
    </PathLink>
  );
}
