import type { EventType } from '@agentflow/contracts';
import { derivedId } from '../../workers/platform/ids.ts';

/** The same each time that it is told. */
export function toldEventId(type: EventType, subject: string, at: number): Promise<string> {
  return derivedId('event', `${type} ${subject}`, at);
}
