import { EVENT_CATALOGUE, type EventType, type JsonValue } from '@agentflow/contracts';
import { cutTo, describeEvent, oneLine } from '../../chat/index.ts';

const MAX_TITLE = 160;
const MAX_DETAIL = 300;

/**
 * What the bell says of an event, each on one line, and where in the UI it is dealt with. Of data that another release wrote
 * differently it says what the type is.
 */
export function bellWords(event: { readonly type: EventType; readonly data: Readonly<Record<string, JsonValue>> }): {
  title: string;
  detail: string;
  path: string | null;
} {
  const { description, data } = EVENT_CATALOGUE[event.type];
  if (!data.safeParse(event.data).success) return { title: description, detail: '', path: null };
  const { title, text, facts, place } = describeEvent(event);
  const told = facts.flatMap(([name, value]) => (value === null || value === '' ? [] : [`${name}: ${value}`]));
  const detail = oneLine(text) === '' ? told.join(' · ') : text;
  return {
    title: cutTo(oneLine(title), MAX_TITLE),
    detail: cutTo(oneLine(detail.slice(0, MAX_DETAIL * 4)), MAX_DETAIL),
    path: place === null ? null : `/dashboard${place[0]}`,
  };
}
