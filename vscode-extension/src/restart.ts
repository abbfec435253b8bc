// When a server that ended by itself may start again: soon at first, later and later, and not for ever.

const windowMs = 3 * 60_000;
const delaysMs = [200, 1000, 3000, 8000];

export class RestartPolicy {
  private ends: number[] = [];

  /** How long to wait before the next start, or undefined when it ended too often in the last three minutes. */
  nextDelayMs(nowMs: number): number | undefined {
    this.ends = this.ends.filter((end) => nowMs - end < windowMs);
    const delay = delaysMs[this.ends.length];
    this.ends.push(nowMs);
    return delay;
  }

  /** Somebody asked for a start: what was before no longer counts. */
  forget(): void {
    this.ends = [];
  }
}
