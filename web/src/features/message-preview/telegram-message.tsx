import type { JsonValue } from '@agentflow/contracts';
import { MarkedText } from './marked-text.tsx';
import { TELEGRAM } from './marks.ts';
import { fieldsOf, listOf, textOf } from './payload.ts';

const PLAIN = { pairs: [], backslash: false, entities: false, links: false } as const;

/** A text with a keyboard below it. */
export function TelegramMessage({ payload }: { payload: JsonValue }) {
  const { text, parse_mode, reply_markup } = fieldsOf(payload);
  const rows = fieldsOf(reply_markup).inline_keyboard;
  return (
    <div className="p-4">
      <div className="max-w-sm">
        <div className="rounded-2xl rounded-bl-sm bg-sunken px-3.5 py-2.5 dark:bg-hover">
          <p className="font-semibold text-accent-text text-xs">AgentFlow</p>
          <p className="whitespace-pre-wrap break-words text-sm">
            <MarkedText markup={parse_mode === undefined ? PLAIN : TELEGRAM}>{textOf(text)}</MarkedText>
          </p>
        </div>
        {Array.isArray(rows) &&
          rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
            <div key={index} className="mt-1 flex gap-1">
              {listOf(row).map((button, place) => (
                <span
                  // biome-ignore lint/suspicious/noArrayIndexKey: a button is its place
                  key={place}
                  className="min-w-0 flex-1 truncate rounded-md bg-idle-soft px-2 py-1.5 text-center font-medium text-text text-xs"
                >
                  {textOf(button.text)}
                </span>
              ))}
            </div>
          ))}
      </div>
    </div>
  );
}
