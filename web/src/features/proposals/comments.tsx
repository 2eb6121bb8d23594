import type { CommentRequest, ProposalComment } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { MessageSquare } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { commentsQuery, useComment } from './queries.ts';

const LONGEST = 4000;

interface CommentsProps {
  proposalId: string;
  /** Only what is said of this file; what is written is about it. */
  path?: string;
  /** The line that is written about; a new object begins anew. */
  line?: { readonly number: number } | null;
  /** What is about a file leads there. */
  onOpen?: (path: string) => void;
}

/** What people say, of the whole or of one file, and a box to say more. */
export function Comments({ proposalId, path, line, onOpen }: CommentsProps) {
  const comments = useQuery(commentsQuery(proposalId));
  const shown = comments.data?.filter((comment) => path === undefined || comment.path === path);
  return (
    <section aria-label={path === undefined ? 'Comments' : `Comments on ${path}`} className="flex flex-col gap-4">
      {comments.error && <ProblemCallout error={comments.error} onRetry={() => void comments.refetch()} />}
      {comments.isPending && <Skeleton className="h-16 w-full" />}
      {shown?.length === 0 && path === undefined && (
        <p className="text-sm text-soft">Nobody has said anything yet. Whoever decides reads it here.</p>
      )}
      {shown !== undefined && shown.length > 0 && (
        <ul className="flex flex-col gap-3">
          {shown.map((comment) => (
            <Comment key={comment.id} comment={comment} ofFile={path !== undefined} onOpen={onOpen} />
          ))}
        </ul>
      )}
      <CommentForm proposalId={proposalId} path={path} line={line ?? null} />
    </section>
  );
}

interface CommentProps {
  comment: ProposalComment;
  ofFile: boolean;
  onOpen: ((path: string) => void) | undefined;
}

function Comment({ comment: { path, line, text, created_by, created_at }, ofFile, onOpen }: CommentProps) {
  return (
    <li className="flex gap-2.5">
      <MessageSquare className="mt-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2 text-sm">
          <span className="font-medium text-text">{created_by.name}</span>
          <RelativeTime iso={created_at} className="text-faint text-xs" />
          {path !== null && !ofFile && (
            <button
              type="button"
              onClick={() => onOpen?.(path)}
              className="wrap-anywhere rounded-sm font-mono text-accent-text text-xs hover:underline"
            >
              {path}
            </button>
          )}
          {line !== null && <span className="text-faint text-xs">line {line}</span>}
        </p>
        <p className="wrap-anywhere mt-0.5 whitespace-pre-wrap text-sm text-text">{text}</p>
      </div>
    </li>
  );
}

interface CommentFormProps {
  proposalId: string;
  path: string | undefined;
  line: { readonly number: number } | null;
}

function CommentForm({ proposalId, path, line }: CommentFormProps) {
  const [text, setText] = useState('');
  const [lineText, setLineText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  const comment = useComment(proposalId);
  useEffect(() => {
    if (line === null) return;
    setLineText(String(line.number));
    box.current?.focus();
  }, [line]);
  const number = Number(lineText);
  const about: Pick<CommentRequest, 'path' | 'line'> =
    path === undefined
      ? {}
      : { path, ...(lineText !== '' && Number.isInteger(number) && number > 0 ? { line: number } : {}) };
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === '' || comment.isPending) return;
        comment.mutate(
          { text: text.trim(), ...about },
          {
            onSuccess: () => {
              setText('');
              setLineText('');
            },
          },
        );
      }}
    >
      <Textarea
        ref={box}
        aria-label={path === undefined ? 'Comment' : `Comment on ${path}`}
        placeholder={path === undefined ? 'Comment on the whole proposal' : 'Comment on this file'}
        value={text}
        maxLength={LONGEST}
        onChange={(event) => setText(event.target.value)}
        className="min-h-16 text-sm"
      />
      {comment.error && <ProblemCallout error={comment.error} />}
      <div className="flex items-center gap-2">
        <Button type="submit" size="sm" disabled={text.trim() === ''} busy={comment.isPending}>
          Comment
        </Button>
        {path !== undefined && (
          // biome-ignore lint/a11y/noLabelWithoutControl: the input is inside
          <label className="flex items-center gap-2 text-soft text-xs">
            on line
            <Input
              inputMode="numeric"
              value={lineText}
              placeholder="any"
              onChange={(event) => setLineText(event.target.value.replace(/\D/g, '').slice(0, 7))}
              className="h-7 w-16 text-xs"
            />
          </label>
        )}
      </div>
    </form>
  );
}
