import type { DefinitionDiff, FieldChange, JsonValue } from '@agentflow/contracts';
import { Minus, PencilLine, Plus, Tag } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';
import { diffWords, type WordRun } from '@/lib/word-diff.ts';

type Changes = Omit<DefinitionDiff, 'from' | 'to'>;

const KINDS = {
  added: { word: 'Added', icon: Plus, look: 'bg-completed-soft text-completed' },
  removed: { word: 'Removed', icon: Minus, look: 'bg-failed-soft text-failed' },
  renamed: { word: 'Renamed', icon: Tag, look: 'bg-sunken text-soft' },
  changed: { word: 'Changed', icon: PencilLine, look: 'bg-waiting-soft text-waiting' },
} as const;

export function isUnchanged(changes: Changes): boolean {
  return changes.nodes.length + changes.edges.length + changes.other.length === 0;
}

/** In one line: `2 nodes changed, 1 added · 3 edges changed`. */
export function summarizeChanges(changes: Changes): string {
  if (isUnchanged(changes)) return 'No differences';
  const parts: string[] = [];
  for (const [things, noun] of [
    [changes.nodes, 'node'],
    [changes.edges, 'edge'],
  ] as const) {
    for (const kind of ['added', 'changed', 'renamed', 'removed'] as const) {
      const many = things.filter((each) => each.kind === kind).length;
      if (many > 0) parts.push(`${many} ${noun}${many === 1 ? '' : 's'} ${kind}`);
    }
  }
  if (changes.other.length > 0)
    parts.push(`${changes.other.length} other field${changes.other.length === 1 ? '' : 's'}`);
  return parts.join(', ');
}

/** Every changed field, before and after side by side, the changed words marked. */
export function ChangeList({ changes }: { changes: Changes }) {
  const groups = [
    ...changes.nodes.map((each) => ({ key: `n:${each.node_id}`, what: 'Node', name: each.node_id, ...each })),
    ...changes.edges.map((each) => ({ key: `e:${each.edge_id}`, what: 'Edge', name: each.edge_id, ...each })),
    ...(changes.other.length === 0
      ? []
      : [{ key: 'other', what: 'Agent', name: 'input and settings', kind: 'changed' as const, fields: changes.other }]),
  ];
  if (groups.length === 0) return <p className="text-soft">The two are the same.</p>;
  return (
    <ul className="flex flex-col gap-3">
      {groups.map((group) => {
        const look = KINDS[group.kind];
        return (
          <li key={group.key} className="overflow-hidden rounded-lg border border-line bg-surface">
            <div className="flex items-center gap-2 border-line border-b bg-sunken px-3 py-1.5 text-sm">
              <span
                className={cn('inline-flex items-center gap-1 rounded-full px-2 py-0.5 font-medium text-xs', look.look)}
              >
                <look.icon className="size-3" aria-hidden="true" />
                {look.word}
              </span>
              <span className="text-faint">{group.what}</span>
              <code className="min-w-0 truncate font-mono text-text text-xs">{group.name}</code>
            </div>
            <div className="divide-y divide-line">
              {group.fields.map((field) => (
                <FieldDiff key={field.path} field={field} />
              ))}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function textOf(value: JsonValue | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function FieldDiff({ field }: { field: FieldChange }) {
  const before = textOf(field.before);
  const after = textOf(field.after);
  const runs =
    before !== null && after !== null
      ? diffWords(before, after)
      : { before: [{ text: before ?? '', changed: false }], after: [{ text: after ?? '', changed: false }] };
  return (
    <div className="px-3 py-2">
      <code className="font-mono text-soft text-xs">{field.path}</code>
      <div className="mt-1 grid gap-2 sm:grid-cols-2">
        <Side title="Before" runs={before === null ? null : runs.before} mark="bg-failed-soft text-failed" />
        <Side title="After" runs={after === null ? null : runs.after} mark="bg-completed-soft text-completed" />
      </div>
    </div>
  );
}

function Side({ title, runs, mark }: { title: string; runs: WordRun[] | null; mark: string }) {
  return (
    <div className="min-w-0 rounded-md border border-line bg-sunken px-2 py-1.5">
      <div className="text-2xs text-faint">{title}</div>
      {runs === null ? (
        <span className="text-faint text-xs">not there</span>
      ) : (
        <pre className="max-h-64 overflow-auto whitespace-pre-wrap break-words font-mono text-text text-xs leading-5">
          {runs.map((run, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: runs have no identity but their place
            <span key={index} className={run.changed ? cn('rounded-xs', mark) : undefined}>
              {run.text}
            </span>
          ))}
        </pre>
      )}
    </div>
  );
}
