import { useId } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { useNodeForm } from '../form-context.ts';
import { handleFor, type SwitchCase, withValue } from '../switch-cases.ts';
import { LiteralInput } from './literal-input.tsx';
import { AddButton, RemoveButton, replaced, without } from './rows.tsx';

interface CaseRowsProps {
  cases: readonly SwitchCase[];
  onChange: (cases: SwitchCase[]) => void;
}

/** Cases of a switch: a value and the name of the exit that it takes. */
export function CaseRows({ cases, onChange }: CaseRowsProps) {
  const id = useId();
  const { definition, node } = useNodeForm();
  const isUsed = (handle: string) =>
    definition.edges.some((edge) => edge.source === node.id && edge.source_handle === handle);
  const add = () => {
    const handle = handleFor(
      '',
      cases.map((each) => each.handle),
    );
    onChange([...cases, { handle, equals: '' }]);
  };
  return (
    <div className="flex flex-col gap-2">
      {cases.map((each, index) => {
        const place = index + 1;
        return (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its name changes as one types
            key={index}
            className="flex flex-col gap-1.5 rounded-lg border border-line bg-surface p-2"
          >
            <div className="flex items-start gap-1.5">
              <div className="min-w-0 flex-1">
                <LiteralInput
                  id={`${id}-${index}`}
                  label={`Value of case ${place}`}
                  placeholder="Equals"
                  value={each.equals}
                  onChange={(equals) => onChange(withValue(cases, index, equals, isUsed(each.handle)))}
                />
              </div>
              <RemoveButton label={`Remove case ${place}`} onClick={() => onChange(without(cases, index))} />
            </div>
            <div className="flex items-center gap-2">
              <span className="shrink-0 text-faint text-xs">leaves by</span>
              <Input
                aria-label={`Exit of case ${place}`}
                className="h-7 font-mono text-xs"
                autoComplete="off"
                spellCheck={false}
                value={each.handle}
                onChange={(event) => onChange(replaced(cases, index, { ...each, handle: event.target.value }))}
              />
            </div>
            {isUsed(each.handle) && (
              <p className="text-faint text-xs">An edge leaves by this exit: with another name it would be loose.</p>
            )}
          </div>
        );
      })}
      <AddButton onClick={add}>Add case</AddButton>
    </div>
  );
}
