import type { JsonValue } from '@agentflow/contracts';

type Outputs = Readonly<Record<string, JsonValue>>;

const PINS = 'agentflow.pins.';
const INPUT = 'agentflow.test-input.';
const PROJECT = 'agentflow.test-project.';

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Tells whether it is kept. */
function write(key: string, text: string | null): boolean {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    return true;
  } catch {
    // Storage is blocked or full: it holds until the page is closed.
    return false;
  }
}

/** Outputs that stand in for running their nodes, of one agent, in this browser. */
export function storedPins(agentId: string): Outputs {
  try {
    const pins: unknown = JSON.parse(read(PINS + agentId) ?? '{}');
    return typeof pins === 'object' && pins !== null && !Array.isArray(pins) ? (pins as Outputs) : {};
  } catch {
    return {};
  }
}

export function storePins(agentId: string, pins: Outputs): boolean {
  return write(PINS + agentId, Object.keys(pins).length === 0 ? null : JSON.stringify(pins));
}

/** The project of the last test, of one agent, in this browser. */
export function storedProject(agentId: string): string | null {
  return read(PROJECT + agentId);
}

export function storeProject(agentId: string, projectId: string | null): boolean {
  return write(PROJECT + agentId, projectId);
}

/** The text of the last test's input, of one agent, in this browser. */
export function storedInput(agentId: string): string | null {
  return read(INPUT + agentId);
}

export function storeInput(agentId: string, text: string): boolean {
  return write(INPUT + agentId, text);
}
