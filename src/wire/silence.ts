/** How long a peer that could have answered us (BEP 3: it had unchoked us) sent nothing of what was asked for, whatever else it said. */
import { createStopwatch } from "./stopwatch.ts"

/** Times on the network's clock. */
export interface Span {
  readonly fromMs: number
  /** The last moment at which something of ours was in the air. */
  readonly toMs: number
  /** Between them, with something in the air. */
  readonly waitedMs: number
}

export interface Silence {
  /** Whether it has something of ours to answer, and may. */
  run(on: boolean, nowMs: number): void
  /** It answered, or choked us: what follows is another silence. */
  broken(nowMs: number): void
  /** Including the one that lasts. */
  longest(nowMs: number): Span | null
}

export function createSilence(): Silence {
  let watch = createStopwatch()
  let fromMs: number | null = null
  let pausedMs: number | null = null
  let longest: Span | null = null

  function keep(nowMs: number): void {
    const waitedMs = watch.read(nowMs)
    if (fromMs !== null && waitedMs > (longest?.waitedMs ?? 0))
      longest = { fromMs, toMs: pausedMs ?? nowMs, waitedMs }
  }

  return {
    run(on, nowMs) {
      if (on) fromMs ??= nowMs
      pausedMs = on ? null : (pausedMs ?? nowMs)
      watch.run(on, nowMs)
    },
    broken(nowMs) {
      keep(nowMs)
      fromMs = null
      pausedMs = null
      watch = createStopwatch()
    },
    longest(nowMs) {
      keep(nowMs)
      return longest
    },
  }
}
