import { compilePattern, patternTester } from '../../expressions/index.ts';
import type { Workspace } from '../../workspace.ts';

const MAX_PATHS = 500;
const MAX_MATCHES = 200;
const MAX_LINE_CHARACTERS = 400;
const MAX_PATTERN_CHARACTERS = 500;

type Found = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };
type Test = (text: string) => boolean | null;
type Tester = { readonly ok: true; readonly test: Test } | { readonly ok: false; readonly message: string };

const TOO_DEAR = 'This takes too long to search for. Take a simpler pattern, or fewer files.';

/** Paths that fit a glob, one a line. */
export function globFiles(workspace: Workspace, pattern: string): Found {
  const tester = globTester(pattern);
  if (!tester.ok) return tester;
  const paths: string[] = [];
  for (const { path } of workspace.list()) {
    const fits = tester.test(path);
    if (fits === null) return { ok: false, message: TOO_DEAR };
    if (fits) paths.push(path);
  }
  if (paths.length === 0) return { ok: true, text: 'No file fits.' };
  const more = paths.length - MAX_PATHS;
  return { ok: true, text: [...paths.slice(0, MAX_PATHS), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n') };
}

export interface Search {
  readonly pattern: string;
  readonly regex: boolean;
  /** A file or a folder. */
  readonly path: string | null;
  readonly glob: string | null;
}

/** Lines in which the pattern stands, each as `path:line: text`. */
export function grepFiles(workspace: Workspace, { pattern, regex, path, glob }: Search): Found {
  const line: Tester = regex ? regexTester(pattern) : { ok: true, test: (text) => text.includes(pattern) };
  if (!line.ok) return line;
  const named: Tester = glob === null ? { ok: true, test: () => true } : globTester(glob);
  if (!named.ok) return named;
  const matches: string[] = [];
  for (const entry of workspace.list()) {
    if (path !== null && entry.path !== path && !entry.path.startsWith(`${path}/`)) continue;
    const fits = named.test(entry.path);
    if (fits === null) return { ok: false, message: TOO_DEAR };
    if (!fits) continue;
    const lines = (workspace.read(entry.path) ?? '').split('\n');
    for (const [index, content] of lines.entries()) {
      const has = line.test(content);
      if (has === null) return { ok: false, message: TOO_DEAR };
      if (!has) continue;
      if (matches.length === MAX_MATCHES) {
        matches.push(`… and more: only the first ${MAX_MATCHES} lines are shown`);
        return { ok: true, text: matches.join('\n') };
      }
      matches.push(`${entry.path}:${index + 1}: ${content.slice(0, MAX_LINE_CHARACTERS)}`);
    }
  }
  return { ok: true, text: matches.length === 0 ? 'No line has it.' : matches.join('\n') };
}

function regexTester(source: string): Tester {
  const compiled = compilePattern(source);
  return compiled.ok ? { ok: true, test: patternTester(compiled.pattern) } : compiled;
}

function globTester(glob: string): Tester {
  if (glob.length > MAX_PATTERN_CHARACTERS) return { ok: false, message: 'The pattern is too long.' };
  const source = glob.replace(/^\.?\//, '').replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  return regexTester(`^${source}$`);
}
