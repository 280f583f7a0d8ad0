/** Time that passes only when told to, so that minutes of a peer's silence take no time. */
import type { Network } from "../../src/network.ts"

export interface VirtualClock {
  readonly network: Pick<Network, "now" | "sleep" | "after">
  /** Lets that much pass, with every timer in its turn. */
  pass(ms: number): Promise<void>
}

export function virtualClock(): VirtualClock {
  let nowMs = 0
  const timers = new Set<{ atMs: number; fire: () => void }>()
  /** Promises that a timer resolved get their turn. */
  const settle = () => new Promise<void>((resolve) => void setImmediate(resolve))

  return {
    network: {
      now: () => nowMs,
      after(ms, ring) {
        const timer = {
          atMs: nowMs + ms,
          fire() {
            timers.delete(timer)
            ring()
          },
        }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) return resolve()
          const timer = {
            atMs: nowMs + ms,
            fire() {
              timers.delete(timer)
              resolve()
            },
          }
          timers.add(timer)
          signal.addEventListener("abort", () => timer.fire(), { once: true })
        }),
    },
    async pass(ms) {
      const untilMs = nowMs + ms
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (due === undefined) break
        nowMs = Math.max(nowMs, due.atMs)
        due.fire()
        await settle()
      }
      nowMs = untilMs
      await settle()
    },
  }
}
