// How numbers are written everywhere: bytes, counts, times, shares. Fixed English forms instead of Intl, so that
// tables, pictures and golden tests are the same on every machine.

const BYTE_UNITS = ["kB", "MB", "GB", "TB"];

/** `88 B`, `9.3 kB`, `111 kB`, `12.4 MB`: decimal units (1 kB = 1000 B), never more than three digits before the point. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return "?";
  if (bytes < 0) return `-${formatBytes(-bytes)}`;
  if (Math.round(bytes) < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  for (const unit of BYTE_UNITS) {
    value /= 1000;
    const digits = value < (unit === "kB" ? 9.95 : 99.95) ? 1 : 0;
    const text = value.toFixed(digits);
    if (Number(text) < 1000 || unit === "TB") return `${text} ${unit}`;
  }
  return "?";
}

/** `+192 kB`, `-40 B`, `0 B`. */
export function formatSignedBytes(bytes: number): string {
  return bytes > 0 ? `+${formatBytes(bytes)}` : formatBytes(bytes);
}

/** `1,234`. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return "?";
  if (count < 0) return `-${formatCount(-count)}`;
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `+1,004`, `-3`, `0`. */
export function formatSignedCount(count: number): string {
  return count > 0 ? `+${formatCount(count)}` : formatCount(count);
}

/** Objects per second as `+201/s`, `+4.2/s`, `+24/min`, `+3/h`: in the unit in which it is at least one. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return "?";
  const size = Math.abs(perSecond);
  if (size === 0) return "0/s";
  const [value, unit] = size >= 0.95 ? [perSecond, "s"] : size >= 0.95 / 60 ? [perSecond * 60, "min"] : [perSecond * 3600, "h"];
  if (Math.abs(value) >= 9.95) return `${formatSignedCount(value)}/${unit}`;
  return `${value > 0 ? "+" : ""}${value.toFixed(1).replace(/\.0$/, "")}/${unit}`;
}

/** Bytes per second as `+3.1 MB/min`; per second from 10 MB/s on, per hour below 1 kB/min. */
export function formatByteRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return "?";
  const size = Math.abs(perSecond);
  if (size === 0) return "0 B/min";
  if (size >= 1e7) return `${formatSignedBytes(perSecond)}/s`;
  return size >= 1000 / 60 ? `${formatSignedBytes(perSecond * 60)}/min` : `${formatSignedBytes(perSecond * 3600)}/h`;
}

/** `1 retainer`, `1,234 retainers`: a count with its noun; `plural` defaults to noun + "s". */
export function formatNoun(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** Milliseconds as `40 ms`, `0.4 s`, `9 s`, `2 min 5 s`, `1 h 5 min`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "?";
  if (ms < 95) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** How long a process has been up, in seconds, as `12 s`, `4 m`, `9 h`, `3d 2h`. */
export function formatUptime(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "?";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 24) return `${hours} h`;
  return hours % 24 === 0 ? `${hours / 24}d` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `41 %`, `0.3 %`, `<0.1 %`; `-` when there is no whole. */
export function formatPercent(part: number, whole: number): string {
  if (!(whole > 0) || !Number.isFinite(part)) return "-";
  const percent = (part / whole) * 100;
  if (percent === 0) return "0 %";
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  return Math.abs(percent) < 9.95 ? `${percent.toFixed(1).replace(/\.0$/, "")} %` : `${Math.round(percent)} %`;
}
