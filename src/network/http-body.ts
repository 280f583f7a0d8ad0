/** The body of a reply as it comes in, and what the other side may send around it: each byte of both is bounded. */
import { fail } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Clock } from "./clock.ts"

/** More pieces than that make no honest body of a few MiB; each costs us far more than its sender. */
const maxBodyChunks = 65_536
/** A body that is not kept may be longer, in pieces of this length on average. */
const leastChunkBytes = 256

/** One buffer that grows, as a chunk kept by itself takes hundreds of bytes however short it is. */
export function createBody(maxBytes: number, keep: boolean) {
  let buffer = Buffer.alloc(0)
  let size = 0
  let chunks = 0
  return {
    get size() {
      return size
    },
    /** Null while there is room. */
    add(chunk: Buffer) {
      if (size + chunk.length > maxBytes) return fail("too-large", `more than ${maxBytes} bytes`)
      if (++chunks > maxBodyChunks + (keep ? 0 : size / leastChunkBytes))
        return fail("bad-reply", `more than ${maxBodyChunks} chunks`)
      if (keep && size + chunk.length > buffer.length) {
        const grown = Buffer.alloc(Math.min(maxBytes, Math.max(16_384, 2 * (size + chunk.length))))
        buffer.copy(grown)
        buffer = grown
      }
      if (keep) chunk.copy(buffer, size)
      size += chunk.length
      return null
    },
    bytes: () => buffer.subarray(0, Math.min(size, buffer.length)),
  }
}

/**
 * What comes beside a body: headers, replies of the kind 1xx, the frames and extensions of chunks. Node bounds each of them, and not
 * how many there are. A failure once it is more than any honest server's.
 */
export function surplusOf(wireBytes: number, bodyBytes: number, maxHeaderBytes: number) {
  const { slackBytes, frameFactor } = limits.http
  const most = maxHeaderBytes + slackBytes + frameFactor * bodyBytes
  return wireBytes > most ? fail("too-large", `more than ${most} bytes around ${bodyBytes} of body`) : null
}

/**
 * Long bodies that are kept whole are received so many at a time, however many servers send one: first come, first served. Who takes
 * longer than a turn goes on beside the next: whoever trickles holds nobody up, and little memory.
 */
export interface LongBodies {
  /** Resolves to what ends the turn; also when `signal` comes. */
  take(signal: AbortSignal): Promise<() => void>
}

const { longBodies, turnMs } = limits.http

export function createLongBodies({ after }: Pick<Clock, "after">, atOnce: number = longBodies): LongBodies {
  const waiting: (() => void)[] = []
  let free = atOnce
  const release = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  function begin(): () => void {
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      callOff()
      release()
    }
    const callOff = after(turnMs, end)
    return end
  }
  return {
    take(signal) {
      const { promise, resolve } = Promise.withResolvers<() => void>()
      if (signal.aborted) return Promise.resolve(() => {})
      if (free > 0) {
        free--
        resolve(begin())
        return promise
      }
      const mine = () => {
        signal.removeEventListener("abort", onAbort)
        resolve(begin())
      }
      const onAbort = () => {
        const at = waiting.indexOf(mine)
        if (at >= 0) waiting.splice(at, 1)
        resolve(() => {})
      }
      signal.addEventListener("abort", onAbort, { once: true })
      waiting.push(mine)
      return promise
    },
  }
}
