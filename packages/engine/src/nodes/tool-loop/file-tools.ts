import { charactersOf, type JsonValue, WORKSPACE_LIMITS, workspacePath } from '@agentflow/contracts';
import type { FileWrite, Workspace } from '../../workspace.ts';
import { completed, refused, type StepOutcome } from '../step-outcome.ts';
import { cut, MAX_RESULT_CHARACTERS } from './records.ts';
import { globFiles, grepFiles } from './search-files.ts';

type Arguments = Readonly<Record<string, JsonValue>>;

const LINES = 1000;
const MAX_LINE_CHARACTERS = 10_000;
/** Room for what is said of the lines that are left out. */
const NOTE_CHARACTERS = 200;

/** Runs a tool that reads or writes files; its arguments fit its schema. */
export function runFileTool(name: string, given: Arguments, workspace: Workspace): StepOutcome {
  switch (name) {
    case 'ls':
      return listFolder(workspace, given.path === undefined ? '' : plainPath(given.path));
    case 'glob':
      return found(globFiles(workspace, String(given.pattern)));
    case 'grep':
      return found(
        grepFiles(workspace, {
          pattern: String(given.pattern),
          regex: given.regex === true,
          path: given.path === undefined || plainPath(given.path) === '' ? null : plainPath(given.path),
          glob: given.glob === undefined ? null : String(given.glob),
        }),
      );
    default:
      return runOnFile(name, plainPath(given.path), given, workspace);
  }
}

function runOnFile(name: string, path: string, given: Arguments, workspace: Workspace): StepOutcome {
  if (name === 'write_file') return writeFile(workspace, path, String(given.content));
  const content = workspace.read(path);
  if (content === null) return refused('file_not_found', `There is no file "${cut(path, 200)}".`);
  if (name === 'read_file') return readFile(content, Number(given.offset ?? 1), Number(given.limit ?? LINES));
  if (name === 'delete_file') return written(`Deleted ${path}.`, { path, content: null });
  return editFile(workspace, path, content, given);
}

/** Models write paths as they are used to: `/a.md`, `./a.md`, `notes/`. */
function plainPath(value: JsonValue | undefined): string {
  return String(value ?? '')
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}

function found(result: ReturnType<typeof globFiles>): StepOutcome {
  return result.ok ? completed(result.text) : refused('file_search_refused', result.message);
}

function written(told: string, write: FileWrite): StepOutcome {
  return { kind: 'completed', output: told, handle: 'out', blocked: false, calls: [], workspace: { files: [write] } };
}

function listFolder(workspace: Workspace, folder: string): StepOutcome {
  const before = folder === '' ? '' : `${folder}/`;
  const entries = new Map<string, string>();
  for (const { path, size } of workspace.list()) {
    if (!path.startsWith(before)) continue;
    const [name = '', ...below] = path.slice(before.length).split('/');
    if (below.length === 0) entries.set(name, `${before}${name} (${size})`);
    else entries.set(`${name}/`, `${before}${name}/`);
  }
  if (entries.size > 0) return completed([...entries.values()].join('\n'));
  return folder === '' ? completed('There are no files yet.') : refused('file_not_found', 'There is no such folder.');
}

function readFile(content: string, offset: number, limit: number): StepOutcome {
  const lines = content.split('\n');
  if (offset > lines.length) {
    return refused('file_not_found', `The file has ${lines.length} lines, so none from ${offset}.`);
  }
  const shown: string[] = [];
  let characters = 0;
  for (const [index, line] of lines.slice(offset - 1, offset - 1 + limit).entries()) {
    const text = `${offset + index}\t${cut(line, MAX_LINE_CHARACTERS)}`;
    characters += text.length + 1;
    if (characters > MAX_RESULT_CHARACTERS - NOTE_CHARACTERS) break;
    shown.push(text);
  }
  const next = offset + shown.length;
  if (next <= lines.length) shown.push(`… the file has ${lines.length} lines; go on with offset ${next}.`);
  return completed(shown.join('\n'));
}

function writeFile(workspace: Workspace, path: string, content: string): StepOutcome {
  const problem = writeProblem(workspace, { [path]: content });
  if (problem !== null) return refused('file_refused', problem);
  return written(`Wrote ${path}: ${content.length} characters.`, { path, content });
}

function editFile(workspace: Workspace, path: string, before: string, given: Arguments): StepOutcome {
  const [old, replacement] = [String(given.old_text), String(given.new_text)];
  if (old === '') return refused('file_refused', 'old_text is empty: name the piece that is to be replaced.');
  const pieces = before.split(old);
  const count = pieces.length - 1;
  if (count === 0) {
    return refused('file_refused', 'old_text does not stand in the file. Read it again and copy the piece exactly.');
  }
  if (count > 1 && given.replace_all !== true) {
    const advice = 'Give more of what is around the one that is meant, or set replace_all.';
    return refused('file_refused', `old_text stands in the file ${count} times. ${advice}`);
  }
  const content = pieces.join(replacement);
  const problem = writeProblem(workspace, { [path]: content });
  if (problem !== null) return refused('file_refused', problem);
  const told = `Replaced ${count === 1 ? 'one piece' : `${count} pieces`} of ${path}.`;
  return written(told, { path, content, base: workspace.version(path) });
}

/** Why these files can't be written, or null. */
export function writeProblem(workspace: Workspace, files: Readonly<Record<string, string>>): string | null {
  const { characters, file_characters, written: ever } = WORKSPACE_LIMITS;
  for (const [path, content] of Object.entries(files)) {
    const parsed = workspacePath.safeParse(path);
    if (!parsed.success) return `The path "${cut(path, 200)}" ${parsed.error.issues[0]?.message ?? 'is not one'}.`;
    if (content.length > file_characters) {
      return `${path} would have ${content.length} characters; a file has at most ${file_characters}.`;
    }
  }
  const others = workspace.list().filter(({ path }) => !Object.hasOwn(files, path));
  const count = others.length + Object.keys(files).length;
  if (count > WORKSPACE_LIMITS.files)
    return `There would be ${count} files; at most ${WORKSPACE_LIMITS.files} are kept.`;
  const own = charactersOf(files);
  const all = others.reduce((sum, { path, size }) => sum + path.length + size, own);
  if (all > characters) return `All files would have ${all} characters together; they have at most ${characters}.`;
  const contents = Object.values(files).reduce((sum, content) => sum + content.length, 0);
  if (workspace.written() + contents > ever) return `All that was ever written would be more than ${ever} characters.`;
  return null;
}
