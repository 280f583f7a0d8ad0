import type { Network } from "../network.ts"

/** One timer that is moved rather than made anew: it rings at the latest when due, perhaps earlier, and then is unset. */
export interface Alarm {
  /** Keeps an earlier time that is already set. `atMs` as the network's clock counts. */
  set(atMs: number): void
  clear(): void
}

export function createAlarm(network: Pick<Network, "now" | "after">, ring: () => void): Alarm {
  let pending: { atMs: number; cancel: () => void } | null = null
  const clear = () => {
    pending?.cancel()
    pending = null
  }
  return {
    set(atMs) {
      if (pending !== null && pending.atMs <= atMs) return
      clear()
      const cancel = network.after(Math.max(0, atMs - network.now()), () => {
        pending = null
        ring()
      })
      pending = { atMs, cancel }
    },
    clear,
  }
}
