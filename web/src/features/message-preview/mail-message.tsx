import type { MessagePreview } from '@agentflow/contracts';
import { fieldsOf, textOf } from './payload.ts';

/** Subject and text, as a mail program without pictures shows it. */
export function MailMessage({ preview }: { preview: MessagePreview }) {
  const { subject, text } = fieldsOf(preview.payload);
  return (
    <div className="p-4">
      <p className="break-words font-semibold text-base">{textOf(subject)}</p>
      <p className="mt-0.5 text-faint text-xs">From AgentFlow, to the chosen members</p>
      <p className="mt-3 whitespace-pre-wrap break-words border-line border-t pt-3 text-sm">
        {textOf(text) || preview.text}
      </p>
    </div>
  );
}
