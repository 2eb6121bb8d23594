import { ExpressionInput } from '../expressions/expression-input.tsx';
import type { ControlIds } from '../field-frame.tsx';
import { joinUrl, type QueryRow, splitUrl } from '../query-rows.ts';
import { useDraft } from '../use-draft.ts';
import { KeyValueRows } from './key-value-rows.tsx';

interface UrlFieldProps {
  value: string;
  onChange: (value: string) => void;
  control: ControlIds;
  placeholder: string | undefined;
}

/** A URL as one text, and its query as rows below: both edit the same. */
export function UrlField({ value, onChange, control, placeholder }: UrlFieldProps) {
  const { base, hash } = splitUrl(value);
  const [rows, setRows] = useDraft<readonly QueryRow[], string>({
    value,
    onChange,
    show: (url) => splitUrl(url).rows,
    read: (draft) => ({ value: joinUrl(base, draft, hash) }),
  });
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <ExpressionInput kind="template" value={value} onChange={onChange} control={control} placeholder={placeholder} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content */}
      <div role="group" aria-label="Query parameters" className="flex flex-col gap-2 border-line border-l-2 pl-3">
        <span className="text-soft text-xs">Query parameters</span>
        <KeyValueRows rows={rows} onChange={setRows} noun="parameter" keyPlaceholder="page" />
      </div>
    </div>
  );
}
