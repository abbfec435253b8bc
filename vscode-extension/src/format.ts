// Times and counts as people read them.

/** `312 µs`, `8.24 ms`, `82 ms`, `1.24 s`, `3 min 05 s` */
export function duration(ms: number): string {
  if (ms < 1) {
    return `${Math.round(ms * 1000)} µs`;
  }
  if (ms < 9.995) {
    return `${ms.toFixed(2)} ms`;
  }
  if (ms < 999.5) {
    return `${ms < 99.95 ? trimmed(ms, 1) : Math.round(ms)} ms`;
  }
  if (ms < 59_995) {
    return `${trimmed(ms / 1000, 2)} s`;
  }
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** `just now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 d ago` */
export function age(unixMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - unixMs) / 1000));
  if (seconds < 5) {
    return "just now";
  }
  if (seconds < 60) {
    return `${seconds} s ago`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min ago`;
  }
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
}

/** `1 span`, `1,554 spans` */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.?0+$/, "");
}
