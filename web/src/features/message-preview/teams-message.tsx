import type { JsonValue } from '@agentflow/contracts';
import type { ReactNode } from 'react';
import { cn } from '@/lib/class-names.ts';
import { DrawnButton, DrawnFacts } from './frame.tsx';
import { MarkedText } from './marked-text.tsx';
import { fieldsOf, listOf, textOf } from './payload.ts';

type Element = Readonly<Record<string, JsonValue>>;

const COLORS: Readonly<Record<string, string>> = {
  good: 'text-completed',
  attention: 'text-failed',
  warning: 'text-waiting',
  accent: 'text-accent-text',
};

function textClass({ size, weight, isSubtle, color }: Element): string {
  return cn(
    'whitespace-pre-wrap break-words text-sm',
    (size === 'Large' || size === 'ExtraLarge') && 'text-lg',
    size === 'Medium' && 'text-base',
    size === 'Small' && 'text-xs',
    weight === 'Bolder' && 'font-semibold',
    isSubtle === true && 'text-faint',
    COLORS[textOf(color).toLowerCase()],
  );
}

function CardElement({ element }: { element: Element }): ReactNode {
  switch (element.type) {
    case 'TextBlock':
      return (
        <p className={textClass(element)}>
          <MarkedText>{textOf(element.text)}</MarkedText>
        </p>
      );
    case 'RichTextBlock':
      return (
        <p className="whitespace-pre-wrap break-words text-sm">
          {(Array.isArray(element.inlines) ? element.inlines : []).map((inline, index) => {
            const run = fieldsOf(inline);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a run is its place
              <span key={index} className={textClass(run)}>
                {typeof inline === 'string' ? inline : textOf(run.text)}
              </span>
            );
          })}
        </p>
      );
    case 'FactSet':
      return (
        <DrawnFacts
          facts={listOf(element.facts).map(({ title, value }, index) => [
            // biome-ignore lint/suspicious/noArrayIndexKey: a fact is its place
            <MarkedText key={index}>{textOf(title)}</MarkedText>,
            // biome-ignore lint/suspicious/noArrayIndexKey: a fact is its place
            <MarkedText key={index}>{textOf(value)}</MarkedText>,
          ])}
        />
      );
    case 'ActionSet':
      return <CardActions actions={listOf(element.actions)} />;
    case 'Container':
    case 'Column':
      return <CardElements elements={listOf(element.items)} />;
    case 'ColumnSet':
      return (
        <div className="flex gap-3">
          {listOf(element.columns).map((column, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
            <div key={index} className="min-w-0 flex-1">
              <CardElement element={column} />
            </div>
          ))}
        </div>
      );
    default:
      return null;
  }
}

function CardElements({ elements }: { elements: readonly Element[] }) {
  return (
    <div className="flex flex-col gap-2.5">
      {elements.map((element, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an element is its place
        <CardElement key={index} element={element} />
      ))}
    </div>
  );
}

function CardActions({ actions }: { actions: readonly Element[] }) {
  if (actions.length === 0) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {actions.map(({ title }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a button is its place
        <DrawnButton key={index}>{textOf(title)}</DrawnButton>
      ))}
    </div>
  );
}

/** An Adaptive Card. */
export function TeamsMessage({ payload }: { payload: JsonValue }) {
  const card = fieldsOf(listOf(fieldsOf(payload).attachments)[0]?.content);
  return (
    <div className="p-4">
      <div className="rounded-lg border border-line bg-surface p-4 shadow-card">
        <p className="mb-2 text-faint text-xs">Workflows, now</p>
        <CardElements elements={listOf(card.body)} />
        {card.actions !== undefined && (
          <div className="mt-3">
            <CardActions actions={listOf(card.actions)} />
          </div>
        )}
      </div>
    </div>
  );
}
