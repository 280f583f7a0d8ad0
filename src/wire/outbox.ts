import type { Duplex } from "node:stream"

export interface Outbox {
  send(bytes: Uint8Array): void
  /** Now, before the socket closes. */
  flush(): void
}

/** What is sent within one turn of the event loop leaves together: a full pipeline is one packet, not fifty. */
export function createOutbox(stream: Duplex, counter: { written: number }): Outbox {
  let corked = false
  const flush = () => {
    if (corked) stream.uncork()
    corked = false
  }
  return {
    send(bytes) {
      if (stream.destroyed || !stream.writable) return
      if (!corked) {
        corked = true
        stream.cork()
        process.nextTick(flush)
      }
      counter.written += bytes.length
      stream.write(bytes)
    },
    flush,
  }
}
