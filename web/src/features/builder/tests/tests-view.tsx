import type { AgentTest, JsonValue } from '@agentflow/contracts';
import { FlaskConical, ListChecks, Play } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { EmptyState } from '@/components/empty-state.tsx';
import { JsonEditor } from '@/components/json-editor.tsx';
import { Button } from '@/components/ui/button.tsx';
import { useDraft } from '@/features/node-form/use-draft.ts';
import { exampleOf } from '@/lib/example-input.ts';
import { jsonMistake } from '@/lib/json-path.ts';
import { useBuilder, useBuilderServices } from '../builder-context.ts';
import { entriesOf, withEntry } from '../notes/entries.ts';
import { EntryList } from '../notes/entry-list.tsx';
import { ResultIcon } from './result-icon.tsx';
import { ResultView } from './result-view.tsx';
import { TestForm } from './test-form.tsx';
import { readTest, type Tally, type TestResultStore, tallyOf } from './test-results.ts';

interface TestsViewProps {
  results: TestResultStore;
  /** Null for who may not test. */
  onRun: ((name: string) => void) | null;
  onRunAll: () => void;
}

/** The test cases of the draft: what each begins with, what is expected, and how it went. */
export default function TestsView({ results, onRun, onRunAll }: TestsViewProps) {
  const { store } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const all = useStore(results, (state) => state.results);
  const tests = entriesOf(definition, 'tests');
  const names = Object.keys(tests);
  const [chosen, choose] = useState<string>();
  const selected = chosen !== undefined && Object.hasOwn(tests, chosen) ? chosen : names[0];
  const change = (name: string, value: JsonValue) => {
    const { definition: draft, change: edit } = store.getState();
    edit(withEntry(draft, 'tests', name, value), { group: `tests ${name}` });
  };
  return (
    <div className="flex min-h-0 min-w-0 flex-1 max-md:flex-col">
      <EntryList
        kind="tests"
        noun="test"
        icon={ListChecks}
        selected={selected}
        onSelect={choose}
        onAdd={(name) => change(name, { input: exampleOf(definition.input_schema) })}
        iconOf={(name) => <ResultIcon result={all[name]} />}
        head={
          onRun !== null &&
          names.length > 0 && (
            <Button size="sm" onClick={onRunAll}>
              <Play aria-hidden="true" /> Run all
            </Button>
          )
        }
      />
      <div className="min-h-0 min-w-0 flex-1 overflow-y-auto bg-canvas p-4">
        <div className="mx-auto flex max-w-3xl flex-col gap-4">
          {names.length > 0 && <Standing tally={tallyOf(names, all)} of={names.length} />}
          {selected === undefined ? (
            <EmptyState
              icon={ListChecks}
              title="What should it always do?"
              description="A test is an input and what has to come out. Tests belong to the draft and are versioned with it; run them before you publish. Actions send nothing, models are asked for real."
            />
          ) : (
            <>
              <div className="flex items-center gap-3">
                <h2 className="min-w-0 flex-1 truncate font-semibold">{selected}</h2>
                {onRun !== null && (
                  <Button
                    variant="primary"
                    busy={['starting', 'running'].includes(all[selected]?.kind ?? '')}
                    onClick={() => onRun(selected)}
                  >
                    <FlaskConical aria-hidden="true" /> Run test
                  </Button>
                )}
              </div>
              {all[selected] !== undefined && <ResultView result={all[selected]} />}
              <TestCase key={selected} value={tests[selected] ?? {}} onChange={(next) => change(selected, next)} />
            </>
          )}
        </div>
      </div>
    </div>
  );
}

/** Says how all of them stand, once one was run. */
function Standing({ tally: { passed, failed, running }, of }: { tally: Tally; of: number }) {
  if (passed + failed + running === 0) return null;
  const done = passed + failed;
  return (
    <div className="flex flex-col gap-1.5">
      <p role="status" className="tabular text-sm">
        <span className="text-completed">{passed} passed</span>
        {failed > 0 && <span className="text-failed"> · {failed} failed</span>}
        {running > 0 && (
          <span className="text-running">
            {' '}
            · {running} under way, {done} of {done + running} done
          </span>
        )}
        {done + running < of && <span className="text-faint"> · {of - done - running} not run</span>}
      </p>
      <div aria-hidden="true" className="flex h-1 overflow-hidden rounded-full bg-sunken dark:bg-hover">
        <span className="bg-completed-solid" style={{ width: `${(passed / of) * 100}%` }} />
        <span className="bg-failed-solid" style={{ width: `${(failed / of) * 100}%` }} />
      </div>
    </div>
  );
}

function TestCase({ value, onChange }: { value: JsonValue; onChange: (value: JsonValue) => void }) {
  const { readOnly } = useBuilderServices();
  const read = readTest(value);
  if (typeof read === 'string') return <RawTest value={value} problem={read} readOnly={readOnly} onChange={onChange} />;
  return <TestForm test={read} readOnly={readOnly} onChange={(test: AgentTest) => onChange(test as JsonValue)} />;
}

interface RawTestProps {
  value: JsonValue;
  problem: string;
  readOnly: boolean;
  onChange: (value: JsonValue) => void;
}

/** A test that has not the shape of one: nothing of it is lost. */
function RawTest({ value, problem, readOnly, onChange }: RawTestProps) {
  const [text, setText] = useDraft<string, JsonValue>({
    value,
    onChange,
    show: (shown) => JSON.stringify(shown, null, 2),
    read: (draft) => (jsonMistake(draft) === null ? { value: JSON.parse(draft) as JsonValue } : null),
  });
  return (
    <div className="flex flex-col gap-2">
      <p role="alert" className="rounded-lg bg-waiting-soft px-3 py-2 text-sm text-waiting">
        This can’t be run as a test yet. {problem}
      </p>
      <JsonEditor label="Test as JSON" value={text} onChange={setText} readOnly={readOnly} minLines={8} />
    </div>
  );
}
