/** Lookups of several audits: as many at once as ONE has, and no new one while too many queries were sent within the last minute. */
import { limits } from "../../limits.ts"
import type { Network } from "../../network.ts"

export interface LookupTurns {
  /** First come, first served; also resolves when the signal comes. The answer ends the turn. */
  take(signal: AbortSignal): Promise<() => void>
  /** One query was sent. */
  count(): void
}

/** One towards the info hash comes first, then those to random keys. */
const atOnce = 1 + limits.dht.neighbourhoods
/** Of one family or of both: what a run of its usual three minutes may send in one of them. */
const queriesPerMinute = Math.floor(limits.dht.maxQueries / 3)
const minuteMs = 60_000
const lookEveryMs = 250

export function createLookupTurns({ now, sleep }: Pick<Network, "now" | "sleep">): LookupTurns {
  const queue: object[] = []
  const sentMs: number[] = []
  let running = 0

  function isSpent(): boolean {
    while (sentMs.length > 0 && (sentMs[0] ?? 0) <= now() - minuteMs) sentMs.shift()
    return sentMs.length >= queriesPerMinute
  }

  return {
    async take(signal) {
      const self = {}
      queue.push(self)
      const mayGo = () => queue[0] === self && running < atOnce && !isSpent()
      while (!signal.aborted && !mayGo()) await sleep(lookEveryMs, signal)
      queue.splice(queue.indexOf(self), 1)
      running++
      let over = false
      return () => {
        if (!over) running--
        over = true
      }
    },
    count() {
      sentMs.push(now())
    },
  }
}
