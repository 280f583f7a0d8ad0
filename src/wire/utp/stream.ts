/** A uTP connection as a stream: a Duplex whose buffers are the machine's. */
import { Duplex } from "node:stream"
import type { Endpoint } from "../../evidence.ts"
import { failure, type Failure } from "../../failure.ts"
import type { Connection } from "../../network.ts"
import type { Machine } from "./machine.ts"

export interface UtpStream {
  readonly connection: Connection
  /** The machine has something to read, or room again. */
  onProgress(): void
  /** The machine is over; null: it ended as it should. */
  onOver(why: Failure | null): void
}

const chunkBytes = 64 * 1_024

/** `touch`: the machine has something to send, soon. */
export function createUtpStream(
  machine: Machine,
  options: { remote: Endpoint; local: Endpoint; now(): number; touch(): void },
): UtpStream {
  const { remote, local } = options
  const { promise: ended, resolve } = Promise.withResolvers<Failure>()
  let cause: Failure | null = null
  /** The reader asked for more. */
  let wanted = false
  let onRoom: (() => void) | null = null

  function deliver(): void {
    while (wanted && !stream.destroyed) {
      const bytes = machine.read(chunkBytes)
      if (bytes === null) break
      wanted = stream.push(bytes)
    }
    if (!machine.atEnd || stream.destroyed || stream.readableEnded) return
    cause ??= failure("closed")
    wanted = false
    stream.push(null)
  }

  const stream = new Duplex({
    allowHalfOpen: false,
    readableHighWaterMark: chunkBytes,
    writableHighWaterMark: chunkBytes,
    read() {
      wanted = true
      deliver()
      options.touch()
    },
    write(bytes: Buffer, _encoding, done) {
      machine.write(bytes)
      options.touch()
      if (machine.hasRoom) done()
      else onRoom = done
    },
    final(done) {
      machine.finish()
      options.touch()
      done()
    },
    destroy(error, done) {
      machine.leave(options.now())
      options.touch()
      done(error)
    },
  })
  stream.on("error", () => {})
  stream.on("close", () => resolve(cause ?? failure("closed")))

  return {
    connection: {
      transport: "utp",
      encryption: "none",
      stream,
      remote,
      local,
      ended,
      close(why) {
        cause ??= why
        stream.destroy()
      },
    },
    onProgress() {
      deliver()
      if (onRoom === null || !machine.hasRoom) return
      const done = onRoom
      onRoom = null
      done()
    },
    onOver(why) {
      if (why === null) return
      cause ??= why
      stream.destroy()
    },
  }
}
