import { AGENT_FILE, type AgentFiles } from '@agentflow/agent-files';

/** Files of one folder; the root has no name. */
export interface Folder {
  readonly name: string;
  readonly paths: readonly string[];
}

const FOLDERS = ['prompts', 'tools', 'knowledge', 'tests'];

/** The files as a tree shows them: the graph first, then folders in the order of a draft, then what else there is. */
export function foldersOf(files: AgentFiles): Folder[] {
  const byFolder = new Map<string, string[]>();
  for (const path of Object.keys(files)) {
    const slash = path.indexOf('/');
    const folder = slash === -1 ? '' : path.slice(0, slash);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), path]);
  }
  const rank = (name: string) => (name === '' ? -1 : FOLDERS.includes(name) ? FOLDERS.indexOf(name) : FOLDERS.length);
  return [...byFolder]
    .sort(([left], [right]) => rank(left) - rank(right) || left.localeCompare(right))
    .map(([name, paths]) => ({
      name,
      paths: paths.sort((left, right) =>
        left === AGENT_FILE ? -1 : right === AGENT_FILE ? 1 : left.localeCompare(right),
      ),
    }));
}

/** Files that stand for themselves, by what a person calls them. */
export const OWN_FILES = {
  note: { folder: 'knowledge', extension: 'md', content: (name: string) => `# ${name}\n\n` },
  test: { folder: 'tests', extension: 'json', content: () => '{\n  "input": {}\n}\n' },
} as const;
export type OwnFile = keyof typeof OWN_FILES;

export function pathOf(kind: OwnFile, name: string): string {
  const { folder, extension } = OWN_FILES[kind];
  return `${folder}/${name}.${extension}`;
}

/** What of a file can be named anew: notes and tests. Others are called after the node that they belong to. */
export function ownFile(path: string): { readonly kind: OwnFile; readonly name: string } | null {
  const [, folder, name = ''] = /^(knowledge|tests)\/(.+)\.(?:md|json)$/.exec(path) ?? [];
  return folder === undefined ? null : { kind: folder === 'tests' ? 'test' : 'note', name };
}

/** Names of the files of a kind, to tell whether another one is taken. */
export function takenNames(files: AgentFiles, kind: OwnFile): Readonly<Record<string, true>> {
  return Object.fromEntries(
    Object.keys(files).flatMap((path) => {
      const own = ownFile(path);
      return own?.kind === kind ? [[own.name, true as const]] : [];
    }),
  );
}

export function withoutFile(files: AgentFiles, path: string): AgentFiles {
  const { [path]: _, ...rest } = files;
  return rest;
}

/** In its place under another path. */
export function movedFile(files: AgentFiles, from: string, to: string): AgentFiles {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path === from ? to : path, content]));
}
