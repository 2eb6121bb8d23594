import type { ClientFrame } from '@agentflow/contracts';
import { Send, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { CONTROL } from '@/lib/shortcuts.ts';
import type { ThreadEntry } from './thread-state.ts';
import type { Thread } from './use-thread.ts';

const LONGEST = 8000;

/** The question that waits longest for an answer. */
function openQuestion(entries: readonly ThreadEntry[]): Extract<ThreadEntry, { kind: 'question' }> | undefined {
  return entries.find((entry) => entry.kind === 'question' && !entry.answered) as
    | Extract<ThreadEntry, { kind: 'question' }>
    | undefined;
}

/** Says a word to a run that works: an answer where it asks, or something to heed. */
export function ThreadComposer({ thread }: { thread: Thread }) {
  const [text, setText] = useState('');
  const [stopping, setStopping] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const question = openQuestion(thread.state.entries);
  const isLive = thread.connection === 'live';
  const asked = question?.key;
  useEffect(() => {
    if (asked !== undefined) box.current?.focus({ preventScroll: true });
  }, [asked]);
  const send = () => {
    const words = text.trim();
    if (words === '' || !isLive) return;
    const frame: ClientFrame =
      question === undefined
        ? { event_type: 'steer', data: { text: words } }
        : { event_type: 'answer', data: { approval_id: question.approvalId, decision: 'approve', text: words } };
    thread.send(frame);
    setText('');
    box.current?.focus();
  };
  const label = question === undefined ? 'Say something to it' : 'Your answer';
  return (
    <form
      className="flex flex-col gap-2 border-line border-t bg-sunken p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Textarea
        ref={box}
        aria-label={label}
        value={text}
        maxLength={LONGEST}
        placeholder={
          question === undefined ? 'Say something to it, as it works: “only the German prompt”' : question.message
        }
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            send();
          }
        }}
        className="min-h-14 resize-y text-sm"
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" size="sm" variant="primary" disabled={text.trim() === '' || !isLive}>
          <Send aria-hidden="true" /> {question === undefined ? 'Send' : 'Answer'}
        </Button>
        <span className="hidden text-faint text-xs sm:inline">{CONTROL} Enter sends</span>
        <Button size="sm" className="ml-auto" disabled={!isLive} onClick={() => setStopping(true)}>
          <Square aria-hidden="true" /> Stop…
        </Button>
      </div>
      <ConfirmDialog
        open={stopping}
        onOpenChange={setStopping}
        title="Stop this refinement?"
        description="It ends here, and what it has done so far is not proposed. The draft stays as it is."
        confirmLabel="Stop it"
        danger
        onConfirm={() => {
          setStopping(false);
          thread.send({ event_type: 'stop', data: {} });
        }}
      />
    </form>
  );
}
