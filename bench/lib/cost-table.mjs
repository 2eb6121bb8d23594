/**
 * Cloudflare's published prices on its paid plan, in US dollars, beyond what the plan includes. Read on 2026-11-21 from
 * https://developers.cloudflare.com: /workers/platform/pricing, /durable-objects/platform/pricing, /d1/platform/pricing,
 * /r2/pricing.
 */
export const PRICES = {
  worker_requests: 0.3,
  worker_cpu_ms: 0.02,
  object_requests: 0.15,
  object_gb_seconds: 12.5,
  rows_read: 0.001,
  rows_written: 1,
  r2_class_a: 4.5,
  r2_class_b: 0.36,
};
export const OBJECT_GB_MONTH = 0.2;
export const D1_GB_MONTH = 0.75;
/** An object is billed for 128 MB while it is active, whatever it uses; Cloudflare's own examples take that as 0.128 GB. */
const OBJECT_GB = 0.128;
const BYTES_PER_GB = 1e9;

/**
 * What one execution was counted to use. Times in milliseconds, bytes of what stays.
 *
 * @typedef {Record<'worker.requests' | 'worker.cpu_ms' | 'desk.requests' | 'desk.rows_read' | 'desk.rows_written' | 'desk.active_ms' |
 *   'execution.requests' | 'execution.rows_read' | 'execution.rows_written' | 'execution.active_ms' | 'execution.bytes' |
 *   'alarms' | 'd1.rows_read' | 'd1.rows_written' | 'd1.bytes' | 'r2.class_a' | 'r2.class_b', number>} Usage
 * @typedef {{ what: string, used: number, unit: string, price: number, cost: number }} Item `used` by one execution, `price` of a million
 *   units, `cost` of a million executions
 */

/** @param {Usage} usage @returns {Item[]} */
export function costItems(usage) {
  /** @param {string} what @param {number} used @param {string} unit @param {number} price */
  const item = (what, used, unit, price) => ({ what, used, unit, price, cost: used * price });
  const activeMs = usage['execution.active_ms'] + usage['desk.active_ms'];
  return [
    item('Worker: requests', usage['worker.requests'], '', PRICES.worker_requests),
    item('Worker: CPU, at most', usage['worker.cpu_ms'], ' ms', PRICES.worker_cpu_ms),
    item('execution object: requests and alarms', usage['execution.requests'], '', PRICES.object_requests),
    item('desk: requests and alarms', usage['desk.requests'], '', PRICES.object_requests),
    item('objects: duration', (activeMs / 1000) * OBJECT_GB, ' GB-s', PRICES.object_gb_seconds),
    item('execution object: rows written', usage['execution.rows_written'], '', PRICES.rows_written),
    item('desk: rows written', usage['desk.rows_written'], '', PRICES.rows_written),
    item('alarms set and taken away', usage.alarms, '', PRICES.rows_written),
    item('objects: rows read', usage['execution.rows_read'] + usage['desk.rows_read'], '', PRICES.rows_read),
    item('D1: rows written', usage['d1.rows_written'], '', PRICES.rows_written),
    item('D1: rows read', usage['d1.rows_read'], '', PRICES.rows_read),
    item('R2: class A operations', usage['r2.class_a'], '', PRICES.r2_class_a),
    item('R2: class B operations', usage['r2.class_b'], '', PRICES.r2_class_b),
  ];
}

/** A month of keeping a million executions, in dollars. @param {Usage} usage */
export function storageCost(usage) {
  const million = 1e6 / BYTES_PER_GB;
  return usage['execution.bytes'] * million * OBJECT_GB_MONTH + usage['d1.bytes'] * million * D1_GB_MONTH;
}

/** A second in which a million executions are active and wait for a model or an API, in dollars. */
export const ACTIVE_SECOND = OBJECT_GB * PRICES.object_gb_seconds;

/** In Markdown. @param {Usage} usage @param {number} steps nodes that ran, the trigger included */
export function costTable(usage, steps) {
  const items = costItems(usage);
  const total = items.reduce((sum, { cost }) => sum + cost, 0);
  const rows = items.map(
    ({ what, used, unit, price, cost }) =>
      `| ${what} | ${number(used)}${unit} | ${dollars(price)} | ${dollars(cost)} |`,
  );
  const kilobytes = `${(usage['execution.bytes'] / 1000).toFixed(0)} kB`;
  return [
    '| what | used by one execution | price of a million | a million executions |',
    '| --- | ---: | ---: | ---: |',
    ...rows,
    `| **together** | | | **${dollars(total)}** |`,
    '',
    `- Rows written in the execution's object: ${number(usage['execution.rows_written'] / steps)} for each of its ${steps} steps.`,
    `- Keeping a million executions for a month, ${kilobytes} in each object and ${number(usage['d1.bytes'])} bytes in D1: ${dollars(storageCost(usage))}.`,
    `- Each second in which they are active, waiting for a model or an API: ${dollars(ACTIVE_SECOND)}.`,
  ].join('\n');
}

/** @param {number} value */
function number(value) {
  if (value === 0) return '0';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}

/** @param {number} value */
function dollars(value) {
  return value > 0 && value < 0.01 ? `$${value.toPrecision(1)}` : `$${value.toFixed(2)}`;
}
