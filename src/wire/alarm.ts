import type { Network } from "../network.ts"

/** One timer that is moved rather than made anew: it rings at the latest when due, perhaps earlier, and then is unset. */
export interface Alarm {
  /** Keeps an earlier time that is already set. `atMs` as the network's clock counts. */
  set(atMs: number): void
  clear(): void
}

export function createAlarm(network: Pick<Network, "now" | "sleep">, ring: () => void): Alarm {
  let pending: { atMs: number; abort: AbortController } | null = null
  const clear = () => {
    pending?.abort.abort()
    pending = null
  }
  return {
    set(atMs) {
      if (pending !== null && pending.atMs <= atMs) return
      clear()
      const mine = { atMs, abort: new AbortController() }
      pending = mine
      void network.sleep(Math.max(0, atMs - network.now()), mine.abort.signal).then(() => {
        if (pending !== mine) return
        pending = null
        ring()
      })
    },
    clear,
  }
}
