import { useEffect, useRef, useState } from 'react';
import { JsonEditor, type JsonEditorHandle } from '@/components/json-editor.tsx';
import { jsonMistake, locateInJson } from '@/lib/json-path.ts';
import { useBuilder, useBuilderServices } from '../builder-context.ts';
import { openDraft } from '../draft/open-draft.ts';

/** The whole draft as JSON: the same draft, and every text that can be read as one is on the canvas at once. */
export function JsonView() {
  const { store, readOnly } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const unread = useBuilder((builder) => builder.unreadText);
  const problems = useBuilder((builder) => builder.problems);
  const jump = useBuilder((builder) => builder.jump);
  const editor = useRef<JsonEditorHandle>(null);
  const [typed, setTyped] = useState<{ text: string; means: unknown } | null>(null);
  const text =
    unread ?? (typed !== null && typed.means === definition ? typed.text : JSON.stringify(definition, null, 2));
  const isGraph = unread === null || jsonMistake(unread) !== null;

  const change = (next: string) => {
    const read = jsonMistake(next) === null ? openDraft(JSON.parse(next)) : null;
    if (read === null) {
      store.getState().setUnreadText(next);
      return;
    }
    store.getState().replace(read, 'code');
    setTyped({ text: next, means: store.getState().definition });
  };
  useEffect(() => {
    if (jump === null) return;
    const place = locateInJson(text, jump.path);
    if (place !== null) editor.current?.select(place.from, place.to);
    store.getState().jumpTo(null);
  }, [jump, store, text]);

  const wrongLines = problems.flatMap((problem) => {
    const place = locateInJson(text, problem.path);
    return place === null ? [] : [text.slice(0, place.from).split('\n').length];
  });
  return (
    <div className="min-h-0 min-w-0 flex-1 overflow-y-auto bg-canvas p-4">
      {!isGraph && (
        <p role="alert" className="mb-3 rounded-lg bg-waiting-soft px-3 py-2 text-sm text-waiting">
          This is JSON, but not a definition: it needs “nodes” and “edges”, each node an “id” and a “type”, each edge an
          “id”, a “source” and a “target”. It is not saved before it has that shape.
        </p>
      )}
      <JsonEditor
        handle={editor}
        label="Draft definition as JSON"
        value={text}
        onChange={change}
        readOnly={readOnly}
        markedLines={wrongLines}
        minLines={24}
        maxLines={60}
      />
    </div>
  );
}
