/**
 * One peer's upload, shared by all its visitors. Departures follow a schedule of their own (block bytes ÷ rate), so a late timer
 * or a busy event loop delays blocks but never changes the rate; one timer per peer sends everything that is due.
 */
import type { Network } from "../network.ts"

/** Blocks due within one tick leave together. */
const tickMs = 20
/** Idle time that is not lost: covers the tick and a short round trip when few requests are in the air. */
const creditMs = 2 * tickMs

/** When a block that was asked for at `askedMs` has left, if the one before it left at `lastMs`. */
export const departure = (lastMs: number, askedMs: number, bytes: number, bytesPerSecond: number): number =>
  Math.max(lastMs, askedMs - creditMs) + (bytes * 1000) / bytesPerSecond

export interface Uplink {
  /** Runs `send` when the block's last byte would have left. The result calls it off, which frees its place. */
  enqueue(bytes: number, send: () => void): () => void
  stop(): void
}

export function createUplink(network: Pick<Network, "now">, bytesPerSecond: number): Uplink {
  const queue = new Set<{ bytes: number; askedMs: number; send: () => void }>()
  let lastMs = -Infinity
  let timer: NodeJS.Timeout | undefined

  function flush() {
    timer = undefined
    const nowMs = network.now()
    for (const block of queue) {
      const leavesMs = departure(lastMs, block.askedMs, block.bytes, bytesPerSecond)
      if (leavesMs > nowMs) break
      queue.delete(block)
      lastMs = leavesMs
      block.send()
    }
    arm()
  }

  function arm() {
    const [next] = queue
    if (!next || timer !== undefined) return
    const leavesMs = departure(lastMs, next.askedMs, next.bytes, bytesPerSecond)
    timer = setTimeout(flush, Math.max(tickMs, leavesMs - network.now()))
  }

  return {
    enqueue(bytes, send) {
      if (bytesPerSecond === Infinity) {
        send()
        return () => {}
      }
      const block = { bytes, askedMs: network.now(), send }
      queue.add(block)
      arm()
      return () => void queue.delete(block)
    },
    stop() {
      clearTimeout(timer)
      queue.clear()
    },
  }
}
