import { type EventType, type JsonValue, microusdToUsd } from '@agentflow/contracts';
import type { BudgetEvent } from './accounts.ts';

/** What the ledger tells, as people and systems read it. Of single executions' own budgets nothing is told. */
export function tellBudget(
  event: BudgetEvent,
  emit: (type: EventType, data: Readonly<Record<string, JsonValue>>) => void,
): void {
  const { type, scope, period, limit, spent } = event;
  const [kind = '', id = null] = scope.split(':');
  if (kind === 'execution') return;
  const about = { scope: kind, id, period, limit_usd: microusdToUsd(limit), spent_usd: microusdToUsd(spent) };
  switch (type) {
    case 'budget.threshold_reached': {
      const { threshold, refused } = event;
      emit(type, { ...about, threshold, refused_usd: refused === null ? null : microusdToUsd(refused) });
      return;
    }
    case 'project.budget_exceeded':
      emit(type, { ...about, project_id: id });
      return;
    case 'budget.overrun':
      emit(type, {
        ...about,
        reserved_for_call_usd: microusdToUsd(event.reserved_for_call),
        cost_of_call_usd: microusdToUsd(event.cost_of_call),
      });
  }
}
