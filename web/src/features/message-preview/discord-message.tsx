import type { JsonValue } from '@agentflow/contracts';
import { ChatFrame, DrawnButton } from './frame.tsx';
import { MarkedText } from './marked-text.tsx';
import { fieldsOf, listOf, textOf } from './payload.ts';

/** Its styles of buttons. */
const TONES: Readonly<Record<number, 'good' | 'bad'>> = { 3: 'good', 4: 'bad' };

function Embed({ embed }: { embed: Readonly<Record<string, JsonValue>> }) {
  const { title, description, color, fields, footer } = embed;
  const bar = typeof color === 'number' ? `#${color.toString(16).padStart(6, '0')}` : undefined;
  return (
    <div
      className="flex flex-col gap-2 rounded-md border-line-strong border-l-4 bg-sunken px-3.5 py-3 dark:bg-hover"
      style={bar === undefined ? undefined : { borderLeftColor: bar }}
    >
      {title !== undefined && (
        <p className="break-words font-semibold text-sm">
          <MarkedText>{textOf(title)}</MarkedText>
        </p>
      )}
      {description !== undefined && (
        <p className="whitespace-pre-wrap break-words text-sm">
          <MarkedText>{textOf(description)}</MarkedText>
        </p>
      )}
      {fields !== undefined && (
        <dl className="grid grid-cols-2 gap-x-4 gap-y-2 text-sm sm:grid-cols-3">
          {listOf(fields).map(({ name, value, inline }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a field is its place
            <div key={index} className={inline === true ? 'min-w-0' : 'col-span-full'}>
              <dt className="break-words font-semibold text-xs">
                <MarkedText>{textOf(name)}</MarkedText>
              </dt>
              <dd className="break-words text-soft">
                <MarkedText>{textOf(value)}</MarkedText>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {footer !== undefined && <p className="text-soft text-xs">{textOf(fieldsOf(footer).text)}</p>}
    </div>
  );
}

/** An embed. */
export function DiscordMessage({ payload }: { payload: JsonValue }) {
  const { username, content, embeds, components } = fieldsOf(payload);
  return (
    <ChatFrame {...(typeof username === 'string' ? { name: username } : {})}>
      <div className="flex flex-col gap-2">
        {textOf(content) !== '' && (
          <p className="whitespace-pre-wrap break-words text-sm">
            <MarkedText>{textOf(content)}</MarkedText>
          </p>
        )}
        {listOf(embeds).map((embed, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an embed is its place
          <Embed key={index} embed={embed} />
        ))}
        {listOf(components).map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
          <div key={index} className="flex flex-wrap gap-2">
            {listOf(row.components).map(({ label, style }, place) => (
              <DrawnButton
                // biome-ignore lint/suspicious/noArrayIndexKey: a button is its place
                key={place}
                tone={typeof style === 'number' ? (TONES[style] ?? 'plain') : 'plain'}
              >
                {textOf(label)}
              </DrawnButton>
            ))}
          </div>
        ))}
      </div>
    </ChatFrame>
  );
}
