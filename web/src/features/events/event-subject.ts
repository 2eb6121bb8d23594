import type { JsonValue } from '@agentflow/contracts';

/** Fields that name what an event is about, the most telling first. */
const NAMES = ['agent_name', 'name', 'email', 'platform', 'scope', 'title', 'kind'] as const;
const REMARKS = ['title', 'status', 'reason', 'code', 'role'] as const;

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What an event is about, in few words: `Triage · failed`. */
export function eventSubject(data: Readonly<Record<string, JsonValue>>): string {
  const name = NAMES.map((field) => textOf(data[field])).find((text) => text !== null) ?? null;
  const remark = REMARKS.map((field) => textOf(data[field])).find((text) => text !== null && text !== name) ?? null;
  return [name, remark?.replaceAll('_', ' ')].filter((each) => each).join(' · ');
}
