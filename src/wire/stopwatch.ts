/** Time that counts only while it runs: what a peer says nothing in, without what it could not have spoken in. */
export interface Stopwatch {
  run(on: boolean, nowMs: number): void
  reset(nowMs: number): void
  read(nowMs: number): number
}

export function createStopwatch(): Stopwatch {
  let beforeMs = 0
  let sinceMs: number | null = null
  return {
    run(on, nowMs) {
      if (on) sinceMs ??= nowMs
      else if (sinceMs !== null) {
        beforeMs += nowMs - sinceMs
        sinceMs = null
      }
    },
    reset(nowMs) {
      beforeMs = 0
      if (sinceMs !== null) sinceMs = nowMs
    },
    read: (nowMs) => beforeMs + (sinceMs === null ? 0 : nowMs - sinceMs),
  }
}
