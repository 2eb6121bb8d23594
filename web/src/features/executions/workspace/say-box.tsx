import { useMutation } from '@tanstack/react-query';
import { Send } from 'lucide-react';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { CONTROL } from '@/lib/shortcuts.ts';
import type { SaidWords } from '../live-execution.ts';
import { sayToExecution } from './say.ts';

const LONGEST = 8000;

interface SayBoxProps {
  executionId: string;
  said: readonly SaidWords[];
  /** The last event that is known. */
  seen: number;
}

/** A word to a deep agent while it works; it hears it with its next turn. */
export function SayBox({ executionId, said, seen }: SayBoxProps) {
  const [text, setText] = useState('');
  const say = useMutation({
    mutationFn: (words: string) => sayToExecution(executionId, words, seen),
    onSuccess: () => setText(''),
  });
  const words = text.trim();
  const send = () => {
    if (words !== '' && !say.isPending) say.mutate(words);
  };
  return (
    <form
      className="flex flex-col gap-2 border-line border-t p-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {said.length > 0 && (
        <ul aria-label="What people said" className="flex flex-col gap-1">
          {said.map(({ seq, text: heard, by }) => (
            <li key={seq} className="wrap-anywhere text-sm">
              <span className="text-faint">{by}:</span> {heard}
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-end gap-2">
        <Textarea
          aria-label="Say something to it"
          placeholder="Say something to it, as it works"
          className="min-h-9 flex-1"
          rows={1}
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            send();
          }}
        />
        <Button type="submit" disabled={words === ''} busy={say.isPending} title={`${CONTROL} Enter`}>
          <Send aria-hidden="true" /> Say
        </Button>
      </div>
      <p className="text-faint text-xs">It hears this with its next turn.</p>
      {say.error && <ProblemCallout error={say.error} />}
    </form>
  );
}
