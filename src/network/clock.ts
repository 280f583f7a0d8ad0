/**
 * Time as this process lived it. While it is suspended (SIGSTOP, Ctrl-Z, a frozen container) or starved nobody's answer can reach us:
 * such a standstill is not counted, so that no peer is called silent for our own sleep.
 */
import { limits } from "../limits.ts"

const { beatMs, standstillMs } = limits.clock

export interface Clock {
  /** Monotonic, ms; of a standstill no more than a beat is counted. */
  now(): number
  /** Rings once, so much later by this clock. The result calls it off. */
  after(ms: number, ring: () => void): () => void
  /** Resolves early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** `read`: monotonic time as the system counts it, ms. */
export function createClock(read: () => number = () => performance.now()): Clock {
  let lostMs = 0
  let seenMs = 0
  let pending = 0
  let heart: NodeJS.Timeout | undefined

  /** Only while somebody waits does the heart beat, without which an idle process would look like one that stood still. */
  function now(): number {
    const nowMs = read()
    if (pending > 0 && nowMs - seenMs > standstillMs) lostMs += nowMs - seenMs - beatMs
    seenMs = nowMs
    return nowMs - lostMs
  }

  function after(ms: number, ring: () => void): () => void {
    const dueMs = now() + ms
    const lostBeforeMs = lostMs
    if (pending++ === 0) heart = setInterval(now, beatMs).unref()
    const over = () => {
      if (--pending === 0) clearInterval(heart)
      isOver = true
    }
    let isOver = false
    let timer = setTimeout(due, ms)
    function due() {
      const leftMs = dueMs - now()
      // Node's timers round, and are a little early at times.
      if (lostMs > lostBeforeMs && leftMs > 1) timer = setTimeout(due, leftMs)
      else {
        over()
        ring()
      }
    }
    return () => {
      if (isOver) return
      clearTimeout(timer)
      over()
    }
  }

  return {
    now,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const done = () => {
          cancel()
          signal.removeEventListener("abort", done)
          resolve()
        }
        const cancel = after(ms, done)
        signal.addEventListener("abort", done, { once: true })
      }),
  }
}
