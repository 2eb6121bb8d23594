import type { FieldChange } from '@agentflow/contracts';
import { cn } from '@/lib/class-names.ts';
import type { Changes, Mark } from './diff-graph.ts';
import { MARKS } from './marks.ts';
import { ValueDiff } from './value-diff.tsx';

/** Whether nothing that runs differs, nor what anything is called; what was moved on the canvas does not count. */
export function isUnchanged(changes: Changes): boolean {
  return changes.nodes.length + changes.edges.length + changes.other.length === 0;
}

export const NO_DIFFERENCES = 'No differences';

function many(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** In one line: `1 node added, 2 nodes changed, 3 edges changed`. */
export function summarizeChanges(changes: Changes): string {
  const parts: string[] = [];
  for (const [things, noun] of [
    [changes.nodes, 'node'],
    [changes.edges, 'edge'],
  ] as const) {
    for (const kind of ['added', 'changed', 'renamed', 'removed'] as const) {
      const count = things.filter((each) => each.kind === kind).length;
      if (count > 0) parts.push(`${many(count, noun)} ${kind}`);
    }
  }
  if (changes.other.length > 0) parts.push(many(changes.other.length, 'other field'));
  // One that had no place before was not moved by anybody.
  const moved = changes.moved.filter(({ before }) => before !== undefined).length;
  if (moved > 0) parts.push(`${many(moved, 'node')} moved on the canvas`);
  return parts.length === 0 ? NO_DIFFERENCES : parts.join(', ');
}

interface Group {
  readonly key: string;
  readonly what: string;
  readonly name: string;
  readonly kind: Mark;
  readonly renamedFrom?: string | undefined;
  readonly fields: readonly FieldChange[];
}

function groupsOf(changes: Changes): Group[] {
  return [
    ...changes.nodes.map(({ node_id, renamed_from, ...each }) => ({
      key: `n:${node_id}`,
      what: 'Node',
      name: node_id,
      renamedFrom: renamed_from,
      ...each,
    })),
    ...changes.edges.map(({ edge_id, ...each }) => ({ key: `e:${edge_id}`, what: 'Edge', name: edge_id, ...each })),
    ...(changes.other.length === 0
      ? []
      : [
          {
            key: 'other',
            what: 'Agent',
            name: 'input and settings',
            kind: 'changed' as const,
            fields: changes.other,
          },
        ]),
  ];
}

interface ChangeListProps {
  changes: Changes;
  /** Only what concerns this node. */
  node?: string | undefined;
}

/** Every changed field, before and after side by side, the changed words marked. */
export function ChangeList({ changes, node }: ChangeListProps) {
  const groups = groupsOf(changes).filter((group) => node === undefined || group.key === `n:${node}`);
  if (groups.length === 0) {
    return (
      <p className="text-sm text-soft">
        {node === undefined ? 'Nothing that runs differs.' : 'This node is the same on both sides.'}
      </p>
    );
  }
  return (
    <ul aria-label="Changes" className="flex flex-col gap-3">
      {groups.map((group) => (
        <ChangeGroup key={group.key} group={group} />
      ))}
    </ul>
  );
}

export function MarkChip({ mark }: { mark: Mark }) {
  const look = MARKS[mark];
  return (
    <span
      className={cn('inline-flex shrink-0 items-center gap-1 rounded-full px-2 py-0.5 font-medium text-xs', look.chip)}
    >
      <look.icon className="size-3" aria-hidden="true" />
      {look.word}
    </span>
  );
}

function ChangeGroup({ group }: { group: Group }) {
  return (
    <li className="overflow-hidden rounded-lg border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-2 bg-sunken px-3 py-1.5 text-sm">
        <MarkChip mark={group.kind} />
        <span className="text-faint">{group.what}</span>
        {group.renamedFrom !== undefined && (
          <>
            <code className="min-w-0 truncate font-mono text-faint text-xs line-through">{group.renamedFrom}</code>
            <span className="sr-only">is now</span>
          </>
        )}
        <code className="min-w-0 truncate font-mono text-text text-xs">{group.name}</code>
        {group.kind === 'renamed' && <span className="text-faint text-xs">does the same</span>}
      </div>
      {group.fields.length > 0 && (
        <div className="divide-y divide-line border-line border-t">
          {group.fields.map((field) => (
            <div key={field.path} className="px-3 py-2">
              <code className="mb-1 block font-mono text-soft text-xs">{field.path}</code>
              <ValueDiff before={field.before} after={field.after} />
            </div>
          ))}
        </div>
      )}
    </li>
  );
}
