import type { JsonValue } from '@agentflow/contracts';
import type { ReactNode } from 'react';
import { ChatFrame, DrawnButton } from './frame.tsx';
import { MarkedText } from './marked-text.tsx';
import { SLACK } from './marks.ts';
import { fieldsOf, listOf, textOf } from './payload.ts';

const PLAIN = { pairs: [], backslash: false, entities: true, links: false } as const;

function SlackText({ value }: { value: JsonValue | undefined }) {
  const { type, text } = fieldsOf(value);
  return <MarkedText markup={type === 'mrkdwn' ? SLACK : PLAIN}>{textOf(text)}</MarkedText>;
}

const TONES = { primary: 'good', danger: 'bad' } as const;

function Block({ block }: { block: Readonly<Record<string, JsonValue>> }): ReactNode {
  switch (block.type) {
    case 'header':
      return (
        <p className="break-words font-semibold text-lg leading-snug">
          <SlackText value={block.text} />
        </p>
      );
    case 'section':
      return (
        <>
          {block.text !== undefined && (
            <p className="whitespace-pre-wrap break-words text-sm">
              <SlackText value={block.text} />
            </p>
          )}
          {block.fields !== undefined && (
            <div className="grid grid-cols-2 gap-x-4 gap-y-1.5 text-sm">
              {listOf(block.fields).map((field, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a field is its place
                <p key={index} className="min-w-0 whitespace-pre-wrap break-words">
                  <SlackText value={field} />
                </p>
              ))}
            </div>
          )}
        </>
      );
    case 'context':
      return (
        <p className="break-words text-faint text-xs">
          {listOf(block.elements).map((element, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an element is its place
            <SlackText key={index} value={element} />
          ))}
        </p>
      );
    case 'divider':
      return <hr className="border-line" />;
    case 'actions':
      return (
        <div className="flex flex-wrap gap-2 pt-1">
          {listOf(block.elements).map(({ text, style }, index) => (
            <DrawnButton
              // biome-ignore lint/suspicious/noArrayIndexKey: a button is its place
              key={index}
              tone={style === 'primary' || style === 'danger' ? TONES[style] : 'plain'}
            >
              <SlackText value={text} />
            </DrawnButton>
          ))}
        </div>
      );
    default:
      return null;
  }
}

/** Block Kit. */
export function SlackMessage({ payload }: { payload: JsonValue }) {
  const { blocks, text } = fieldsOf(payload);
  const drawn = listOf(blocks);
  return (
    <ChatFrame>
      {drawn.length === 0 ? (
        <p className="whitespace-pre-wrap break-words text-sm">
          <MarkedText markup={PLAIN}>{textOf(text)}</MarkedText>
        </p>
      ) : (
        <div className="flex flex-col gap-2.5">
          {drawn.map((block, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place
            <Block key={index} block={block} />
          ))}
        </div>
      )}
    </ChatFrame>
  );
}
