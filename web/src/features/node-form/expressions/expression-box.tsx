import type { Scope } from '@agentflow/engine';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { cn } from '@/lib/class-names.ts';
import { Messages } from '../field-frame.tsx';
import { useNodeForm } from '../form-context.ts';
import { CodeEditor } from './code-editor.tsx';
import type { ExpressionInputProps } from './expression-input.tsx';
import { findProblems } from './find-problems.ts';
import { type Preview, previewOf, type TextKind } from './preview-scope.ts';
import { workbenchFor } from './workbench.ts';

/** An editor for expressions with what is wrong with them, and what they give on the data of the last run. */
export default function ExpressionBox(props: ExpressionInputProps) {
  const { value, onChange, kind, field = '', control, label, compact } = props;
  const form = useNodeForm();
  const { definition, node, lastOutputs, envNames, readOnly } = form;
  const workbench = useMemo(
    () => workbenchFor({ definition, node, lastOutputs, envNames }),
    [definition, node, lastOutputs, envNames],
  );
  const [focused, setFocused] = useState(false);
  const deferred = useDeferredValue(value);
  const problems = useMemo(
    () => findProblems(deferred, kind, workbench.check, field),
    [deferred, kind, workbench, field],
  );
  const foundId = `${control.id}-found`;
  const describedBy = [problems.length > 0 && foundId, control.describedBy].filter(Boolean).join(' ');
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <CodeEditor
        value={value}
        onChange={onChange}
        onFocusChange={setFocused}
        kind={kind}
        multiline={props.multiline ?? false}
        minLines={props.minLines}
        id={control.id}
        label={label}
        labelledBy={label === undefined ? control.labelId : undefined}
        describedBy={describedBy === '' ? undefined : describedBy}
        invalid={control.invalid || problems.some(({ severity }) => severity === 'error')}
        readOnly={readOnly}
        placeholder={props.placeholder}
        suggestions={workbench.suggestions(kind === 'expression', field === 'output_mapping')}
        problems={problems}
      />
      <Messages id={foundId} messages={problems} />
      {(!compact || focused) && (
        <PreviewLine
          text={deferred}
          kind={kind}
          scope={workbench.scope}
          hasRun={Object.keys(lastOutputs).length > 0}
          broken={problems.some(({ severity }) => severity === 'error')}
        />
      )}
    </div>
  );
}

const FOLD_AT = 400;

interface PreviewLineProps {
  text: string;
  kind: TextKind;
  scope: Scope;
  hasRun: boolean;
  broken: boolean;
}

/** What a text became with the data of the last run. Nothing for text without expressions, or with a mistake. */
function PreviewLine({ text, kind, scope, hasRun, broken }: PreviewLineProps) {
  const preview = usePreview(text, kind, scope, hasRun && !broken);
  const [unfolded, setUnfolded] = useState(false);
  const hasExpression = kind === 'expression' ? text.trim() !== '' : text.includes('{{');
  if (broken || !hasExpression) return null;
  if (!hasRun) return <p className="text-faint text-xs">Run the agent once to see here what this becomes.</p>;
  if (preview.state === 'none') return null;
  if (preview.state === 'failed') {
    return (
      <p className="break-words text-waiting text-xs">
        <span className="text-faint">With the last run: </span>
        {preview.message}
      </p>
    );
  }
  const { value } = preview;
  const shown = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
  const isLong = shown.length > FOLD_AT;
  return (
    <div className="rounded-md border border-line border-dashed px-2.5 py-1.5">
      <div className="flex justify-between gap-2 text-2xs text-faint">
        <span>With the last run</span>
        <span>
          {value === null ? 'nothing there' : Array.isArray(value) ? `list of ${value.length}` : typeof value}
        </span>
      </div>
      <output
        aria-label="With the last run"
        className={cn(
          'block max-h-48 overflow-auto whitespace-pre-wrap break-words font-mono text-soft text-xs',
          value === null && 'text-faint',
        )}
      >
        {isLong && !unfolded ? `${shown.slice(0, FOLD_AT)}…` : shown}
      </output>
      {isLong && (
        <button
          type="button"
          className="text-accent-text text-xs hover:underline"
          onClick={() => setUnfolded(!unfolded)}
        >
          {unfolded ? 'Show less' : 'Show all'}
        </button>
      )}
    </div>
  );
}

function usePreview(text: string, kind: TextKind, scope: Scope, wanted: boolean): Preview {
  const [preview, setPreview] = useState<Preview>({ state: 'none' });
  useEffect(() => {
    let current = true;
    if (!wanted) setPreview({ state: 'none' });
    else void previewOf(text, kind, scope).then((next) => current && setPreview(next));
    return () => {
      current = false;
    };
  }, [text, kind, scope, wanted]);
  return preview;
}
