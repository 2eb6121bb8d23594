import { useNavigate } from '@tanstack/react-router';
import { FileUp } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { cn } from '@/lib/class-names.ts';
import { formatBytes } from '@/lib/format.ts';
import { useImportAgent } from './import-agent.ts';

/** An agent from a file: the inside of a dialog. */
export function ImportAgentForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const textId = useId();
  const picker = useRef<HTMLInputElement>(null);
  const [content, setContent] = useState('');
  const [file, setFile] = useState<{ name: string; size: number } | null>(null);
  const [dragging, setDragging] = useState(false);
  const load = useImportAgent((agent) => {
    void navigate({ to: '/dashboard/agents/$agentId', params: { agentId: agent.id }, search: { tab: 'builder' } });
  });
  const take = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    setFile({ name: chosen.name, size: chosen.size });
    setContent(await chosen.text());
    load.reset();
  };
  return (
    <form
      className="flex min-h-0 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        load.mutate(content);
      }}
    >
      <DialogBody>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a short cut for the button inside */}
        <div
          onDragOver={(event) => {
            event.preventDefault();
            setDragging(true);
          }}
          onDragLeave={() => setDragging(false)}
          onDrop={(event) => {
            event.preventDefault();
            setDragging(false);
            void take(event.dataTransfer.files[0]);
          }}
          className={cn(
            'flex flex-col items-center gap-2 rounded-lg border border-line-strong border-dashed bg-sunken px-4 py-5 text-center text-sm text-soft',
            dragging && 'border-accent bg-accent-soft',
          )}
        >
          <FileUp className="size-5 text-faint" aria-hidden="true" />
          {file === null ? 'Drop a file here, or' : `${file.name} · ${formatBytes(file.size)}`}
          <Button size="sm" onClick={() => picker.current?.click()}>
            {file === null ? 'Choose a file' : 'Choose another'}
          </Button>
          <input
            ref={picker}
            type="file"
            accept=".json,.yaml,.yml,application/json,application/yaml"
            aria-label="Agent file"
            className="sr-only"
            tabIndex={-1}
            onChange={(event) => void take(event.target.files?.[0])}
          />
        </div>
        <div className="flex flex-col gap-1.5">
          <label htmlFor={textId} className="font-medium text-sm">
            Or paste its text
          </label>
          <Textarea
            id={textId}
            value={content}
            onChange={(event) => {
              setFile(null);
              setContent(event.target.value);
              load.reset();
            }}
            spellCheck={false}
            rows={8}
            className="font-mono text-xs"
          />
        </div>
        {load.error && <ProblemCallout error={load.error} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={load.isPending} disabled={content.trim() === ''}>
          Import
        </Button>
      </DialogFooter>
    </form>
  );
}
