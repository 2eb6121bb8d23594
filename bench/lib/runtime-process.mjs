import { readFileSync } from 'node:fs';

/** Linux alone tells what other processes use. */
const TICK_MS = 10;

/** CPU time in milliseconds of the processes that this one started: the runtimes it serves with. */
export function cpuMs() {
  return children()
    .map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [])
    .reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS, 0);
}

/** Resident memory in bytes. @param {string} pid */
export function residentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}

/** The process that `start` begins, with what it gives. @template T @param {() => Promise<T>} start @returns {Promise<[T, string]>} */
export async function withPid(start) {
  const before = new Set(children());
  const started = await start();
  const pid = children().find((each) => !before.has(each));
  if (pid === undefined) throw new Error('no process was started');
  return [started, pid];
}

function children() {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
}
