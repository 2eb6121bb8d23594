import { is } from 'drizzle-orm';
import { getTableConfig, type SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as accounts from './schema/accounts.ts';
import * as agents from './schema/agents.ts';
import * as approvals from './schema/approvals.ts';
import * as audit from './schema/audit.ts';
import * as events from './schema/events.ts';
import * as executions from './schema/executions.ts';
import * as governance from './schema/governance.ts';
import * as models from './schema/models.ts';
import * as projects from './schema/projects.ts';
import * as proposals from './schema/proposals.ts';
import * as secrets from './schema/secrets.ts';
import * as shadowRuns from './schema/shadow-runs.ts';

const SCHEMA = {
  ...accounts,
  ...agents,
  ...approvals,
  ...audit,
  ...events,
  ...executions,
  ...governance,
  ...models,
  ...projects,
  ...proposals,
  ...secrets,
  ...shadowRuns,
};

export interface OrganizationTable {
  readonly name: string;
  readonly table: SQLiteTable;
  readonly organizationId: SQLiteColumn;
}

let known: readonly OrganizationTable[] | undefined;

/** Every table whose rows belong to an organization; one that refers to another stands before it, so that rows can be deleted in this order. */
export function organizationTables(): readonly OrganizationTable[] {
  known ??= ordered();
  return known;
}

function ordered(): OrganizationTable[] {
  const found = Object.values(SCHEMA).flatMap((table) => {
    if (!is(table, SQLiteTable)) return [];
    const { name, columns, foreignKeys } = getTableConfig(table);
    const organizationId = columns.find((column) => column.name === 'organization_id');
    const parents = foreignKeys.map((key) => getTableConfig(key.reference().foreignTable).name);
    return organizationId === undefined ? [] : [{ name, table, organizationId, parents }];
  });
  const children: OrganizationTable[] = [];
  const waiting = new Set(found);
  while (waiting.size > 0) {
    const free = [...waiting].filter(({ name }) => ![...waiting].some((each) => each.parents.includes(name)));
    if (free.length === 0) throw new Error('tables refer to each other in a circle');
    for (const each of free) {
      children.push(each);
      waiting.delete(each);
    }
  }
  return children;
}
