import type { JsonValue } from '@agentflow/contracts';
import { Braces, ChevronRight, Search } from 'lucide-react';
import { useDeferredValue, useMemo, useState } from 'react';
import { cn } from '@/lib/class-names.ts';
import { formatBytes } from '@/lib/format.ts';
import { extendPath } from '@/lib/json-path.ts';
import { CopyButton } from './copy-button.tsx';
import { Button } from './ui/button.tsx';

const CHILDREN_AT_ONCE = 100;
const FOLD_TEXT_AT = 320;

interface JsonViewProps {
  value: JsonValue;
  /** Name of the value in expressions, as in `summary.output`: what "copy path" starts with. */
  path?: string | undefined;
  label: string;
  /** Takes less height before it scrolls. */
  compact?: boolean;
}

/** A JSON value as a tree with search, copy of values and of `{{paths}}`, its size, and the raw text one click away. */
export function JsonView({ value, path, label, compact }: JsonViewProps) {
  const [raw, setRaw] = useState(false);
  const [search, setSearch] = useState('');
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const isTree = typeof value === 'object' && value !== null;
  const matches = useMemo(() => (wanted === '' ? null : matchingPaths(value, wanted)), [value, wanted]);
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-sunken">
      <div className="flex h-9 items-center gap-1 border-line border-b bg-surface pr-1 pl-2.5">
        {isTree && !raw ? (
          <label className="flex min-w-0 flex-1 items-center gap-1.5">
            <Search className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
            <input
              value={search}
              onChange={(event) => setSearch(event.target.value)}
              placeholder="Search"
              aria-label={`Search in ${label}`}
              className="h-7 w-full min-w-0 rounded-sm bg-transparent px-1 text-text text-xs placeholder:text-faint focus-visible:outline-1 focus-visible:outline-offset-0"
            />
          </label>
        ) : (
          <span className="flex-1 text-faint text-xs">{isTree ? 'JSON' : typeof value}</span>
        )}
        {matches !== null && !raw && <span className="tabular shrink-0 text-faint text-xs">{matches.found} found</span>}
        <span className="tabular shrink-0 px-1 text-faint text-xs">{formatBytes(new Blob([text]).size)}</span>
        <Button
          variant="ghost"
          size="icon-sm"
          className={cn('size-6', raw && 'bg-hover text-text')}
          aria-pressed={raw}
          aria-label="Show raw text"
          title="Raw text"
          onClick={() => setRaw(!raw)}
        >
          <Braces aria-hidden="true" />
        </Button>
        <CopyButton value={text} label={`Copy ${label}`} />
      </div>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
        tabIndex={0}
        aria-label={label}
        className={cn(
          'overflow-auto px-2.5 py-2 font-mono text-xs leading-5 focus-visible:outline-offset-[-2px]',
          compact ? 'max-h-44' : 'max-h-[32rem]',
        )}
      >
        {raw ? (
          <pre className="whitespace-pre-wrap break-words text-text">{text}</pre>
        ) : (
          <Branch name={null} value={value} path={path ?? ''} depth={0} wanted={wanted} open={matches?.open ?? null} />
        )}
      </section>
    </div>
  );
}

/** Paths that must be open for every match to be seen. */
function matchingPaths(value: JsonValue, wanted: string): { open: ReadonlySet<string>; found: number } {
  const open = new Set<string>();
  let found = 0;
  const visit = (current: JsonValue, key: string, at: string): boolean => {
    let hit = key.toLowerCase().includes(wanted);
    if (typeof current === 'object' && current !== null) {
      if (hit) found++;
      for (const [name, child] of Object.entries(current)) if (visit(child, name, `${at}/${name}`)) hit = true;
      if (hit) open.add(at);
      return hit;
    }
    hit ||= String(current).toLowerCase().includes(wanted);
    if (hit) found++;
    return hit;
  };
  visit(value, '', '');
  return { open, found };
}

interface BranchProps {
  name: string | number | null;
  value: JsonValue;
  path: string;
  depth: number;
  wanted: string;
  open: ReadonlySet<string> | null;
  place?: string;
}

function Branch({ name, value, path, depth, wanted, open, place = '' }: BranchProps) {
  const isTree = typeof value === 'object' && value !== null;
  const size = isTree ? Object.keys(value).length : 0;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [shown, setShown] = useState(CHILDREN_AT_ONCE);
  const expanded = open?.has(place) === true || (chosen ?? (depth < 3 && size <= 40));
  const key = name === null ? null : <Key name={name} wanted={wanted} />;

  if (!isTree || size === 0) {
    return (
      <Row path={path} value={value}>
        {key}
        <Leaf value={value} wanted={wanted} />
      </Row>
    );
  }
  const entries: [string | number, JsonValue][] = Array.isArray(value)
    ? value.map((each, index) => [index, each])
    : Object.entries(value);
  const unit = Array.isArray(value) ? (size === 1 ? 'item' : 'items') : size === 1 ? 'field' : 'fields';
  return (
    <div>
      <Row path={path} value={value}>
        <button
          type="button"
          aria-expanded={expanded}
          className="-ml-1 inline-flex items-center rounded-sm text-left focus-visible:outline-offset-0"
          onClick={() => setChosen(!expanded)}
        >
          <ChevronRight
            aria-hidden="true"
            className={cn(
              'mr-0.5 size-3 shrink-0 text-faint transition-transform duration-100',
              expanded && 'rotate-90',
            )}
          />
          {key}
          <span className="text-faint">
            {Array.isArray(value) ? '[' : '{'}
            {!expanded && '…'}
            {!expanded && (Array.isArray(value) ? ']' : '}')}
            <span className="ml-1.5 font-sans text-2xs">
              {size} {unit}
            </span>
          </span>
        </button>
      </Row>
      {expanded && (
        <div className="ml-[3px] border-line border-l pl-3">
          {entries.slice(0, shown).map(([childName, child]) => (
            <Branch
              key={childName}
              name={childName}
              value={child}
              path={path === '' ? '' : extendPath(path, childName)}
              depth={depth + 1}
              wanted={wanted}
              open={open}
              place={`${place}/${childName}`}
            />
          ))}
          {size > shown && (
            <Button variant="link" className="font-sans text-xs" onClick={() => setShown(shown + CHILDREN_AT_ONCE)}>
              Show {Math.min(CHILDREN_AT_ONCE, size - shown)} more of {size}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function Row({ path, value, children }: { path: string; value: JsonValue; children: React.ReactNode }) {
  return (
    <div className="group/json relative flex items-start gap-1 rounded-sm pr-12 hover:bg-hover">
      <div className="min-w-0 flex-1">{children}</div>
      <div className="absolute top-0 right-0 flex h-5 items-center opacity-0 focus-within:opacity-100 group-hover/json:opacity-100">
        {path !== '' && (
          <CopyButton value={`{{${path}}}`} label={`Copy path {{${path}}}`} className="size-5 [&_svg]:size-3" />
        )}
        <CopyButton
          value={typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
          label="Copy value"
          className="size-5 [&_svg]:size-3"
        />
      </div>
    </div>
  );
}

function Key({ name, wanted }: { name: string | number; wanted: string }) {
  return (
    <span className="mr-1.5">
      <span className={typeof name === 'number' ? 'text-faint' : 'text-code-key'}>
        <Marked text={String(name)} wanted={wanted} />
      </span>
      <span className="text-faint">:</span>
    </span>
  );
}

function Leaf({ value, wanted }: { value: JsonValue; wanted: string }) {
  const [unfolded, setUnfolded] = useState(false);
  if (typeof value === 'string') {
    const folded = !unfolded && value.length > FOLD_TEXT_AT && wanted === '';
    return (
      <span className="whitespace-pre-wrap break-words text-code-string">
        "<Marked text={folded ? `${value.slice(0, FOLD_TEXT_AT)}…` : value} wanted={wanted} />"
        {value.length > FOLD_TEXT_AT && (
          <Button variant="link" className="ml-1.5 font-sans text-xs" onClick={() => setUnfolded(!unfolded)}>
            {folded ? `Show all ${value.length} characters` : 'Show less'}
          </Button>
        )}
      </span>
    );
  }
  if (typeof value === 'number') {
    return (
      <span className="text-code-number">
        <Marked text={String(value)} wanted={wanted} />
      </span>
    );
  }
  const text = Array.isArray(value) ? '[]' : typeof value === 'object' && value !== null ? '{}' : String(value);
  return (
    <span className={typeof value === 'object' && value !== null ? 'text-faint' : 'text-code-literal'}>
      <Marked text={text} wanted={wanted} />
    </span>
  );
}

function Marked({ text, wanted }: { text: string; wanted: string }) {
  const at = wanted === '' ? -1 : text.toLowerCase().indexOf(wanted);
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded-xs bg-waiting-soft text-waiting">{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
