/** @param {import('@cloudflare/workers-types').D1Database} database @param {string} table @param {Record<string, unknown>} row */
export function insert(database, table, row) {
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  return database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`).bind(...Object.values(row));
}
