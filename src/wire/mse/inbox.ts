const firstBytes = 1024

/** Bytes that came and wait to be read. What is handed out is a copy. */
export interface Inbox {
  readonly length: number
  put(bytes: Uint8Array): void
  /** The first `count`, fewer if there are fewer; they stay. */
  peek(count: number): Buffer
  /** The first `count`, which must be there. */
  take(count: number): Buffer
}

/** One buffer that doubles: a peer that sends single bytes must not cost an object each. */
export function createInbox(): Inbox {
  let buffer = Buffer.alloc(firstBytes)
  let [start, end] = [0, 0]

  function makeRoom(count: number): void {
    if (end + count <= buffer.length) return
    const roomy = Buffer.alloc(Math.max(2 * (end - start), end - start + count, firstBytes))
    end = buffer.copy(roomy, 0, start, end)
    start = 0
    buffer = roomy
  }

  return {
    get length() {
      return end - start
    },
    put(bytes) {
      makeRoom(bytes.length)
      buffer.set(bytes, end)
      end += bytes.length
    },
    peek: (count) => Buffer.from(buffer.subarray(start, Math.min(start + count, end))),
    take(count) {
      const taken = Buffer.from(buffer.subarray(start, start + count))
      start += count
      return taken
    },
  }
}
