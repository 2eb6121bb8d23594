const count = new Intl.NumberFormat('en');
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

export function formatCount(value: number): string {
  return count.format(value);
}

/** `nobody`, `1 person`, `12 people`. */
export function formatPeople(count: number): string {
  if (count === 0) return 'nobody';
  return count === 1 ? '1 person' : `${formatCount(count)} people`;
}

/** `1 value`, `12 values`. */
export function formatValues(count: number): string {
  return count === 1 ? '1 value' : `${formatCount(count)} values`;
}

/** US dollars, with as many decimals as a small amount needs: `$0`, `$0.00042`, `$0.0132`, `$3.20`. */
export function formatUsd(value: number): string {
  if (value === 0) return '$0';
  const size = Math.abs(value);
  if (size < 0.000001) return '<$0.000001';
  const decimals = size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  const text = value.toFixed(decimals);
  return `$${size >= 1 ? text : text.replace(/0+$/, '').replace(/\.$/, '')}`;
}

/** `340 ms`, `2.4 s`, `3 min 05 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`;
}

/** `100%`, `97%`, `99.6%`: never rounded up to all or down to nothing. */
export function formatShare(share: number): string {
  const percent = share * 100;
  const close = (percent > 99 && percent < 100) || (percent > 0 && percent < 1);
  return `${close ? (percent > 99 ? Math.floor(percent * 10) / 10 : Math.ceil(percent * 10) / 10) : Math.round(percent)}%`;
}

export function formatExactTime(iso: string): string {
  return exact.format(new Date(iso));
}

export function formatDay(iso: string): string {
  return day.format(new Date(iso));
}

/** `just now`, `12 sec. ago`, `in 3 days`. */
export function formatRelativeTime(iso: string, now: number): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 5) return 'just now';
  if (size < 60) return relative.format(Math.round(seconds), 'second');
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), 'hour');
  if (size < 30 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day');
  return day.format(new Date(iso));
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The end of an id, enough to tell two apart: `exe_…k3v9qz`. */
export function shortId(id: string): string {
  const underscore = id.indexOf('_');
  return id.length <= underscore + 9 ? id : `${id.slice(0, underscore + 1)}…${id.slice(-6)}`;
}

/** An id in short form; a name that stands for one, as a secret's or a model's, is left whole. */
export function shortResource(id: string): string {
  return /^[a-z]{3}_[0-9a-z]{26}$/.test(id) ? shortId(id) : id;
}
