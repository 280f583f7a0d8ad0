/** One connection to a demo peer: a wire over a socket, with timers that end with it. What happens on it is up to the peer's steps. */
import Wire from "bittorrent-protocol"
import { failure, type Failure } from "../failure.ts"
import type { Connection } from "../network.ts"
import { hearHashRequest } from "./hash-messages.ts"
import type { Host, Steps } from "./steps.ts"

export interface Visit {
  readonly host: Host
  readonly steps: Steps
  readonly wire: Wire
  /** Our claim is sent: a HAVE may follow. */
  claimed: boolean
  /** Raw bytes, in order with the wire's own messages. */
  send(bytes: Uint8Array): void
  /** As `send`, but nothing while the other side doesn't read: a flood must not fill our own memory. */
  flood(bytes: Uint8Array): void
  later(ms: number, run: () => void): void
  every(ms: number, run: () => void): void
  /** Closes politely once what was sent has left; the other side sees an end of stream, never a reset. */
  close(): void
  /** Closes with a TCP reset. */
  reset(): void
  readonly ended: Promise<Failure>
  end(): void
}

const maxBacklogBytes = 1024 * 1024
/** Someone who does not close after our end of stream is cut off. */
const lingerMs = 2_000

export function startVisit(host: Host, steps: Steps, connection: Connection): Visit {
  const { stream } = connection
  const wire = new Wire("tcpIncoming")
  const stops = new Set<() => void>()
  const callOff = new Map<string, () => void>()
  let leaving = false
  let over = false
  let corked = false

  const visit: Visit = {
    host,
    steps,
    wire,
    claimed: false,
    send: (bytes) => void (wire.destroyed || wire.push(bytes)),
    flood: (bytes) => void (stream.writableLength < maxBacklogBytes && visit.send(bytes)),
    later(ms, run) {
      if (over) return
      const timer = setTimeout(run, ms)
      stops.add(() => clearTimeout(timer))
    },
    every(ms, run) {
      if (over) return
      const timer = setInterval(run, ms)
      stops.add(() => clearInterval(timer))
    },
    close: () =>
      leave(() => {
        stream.end()
        visit.later(lingerMs, () => connection.close(failure("closed")))
      }),
    reset: () =>
      leave(() => {
        stream.uncork()
        if ("resetAndDestroy" in stream && typeof stream.resetAndDestroy === "function")
          stream.resetAndDestroy()
        else connection.close(failure("reset"))
      }),
    ended: connection.ended,
    end: () => connection.close(failure("aborted")),
  }

  /** The wire hands out its bytes a little after it is told to send them. */
  function leave(how: () => void) {
    if (leaving) return
    leaving = true
    setImmediate(how)
  }

  // One write per turn of the event loop, however many messages it carries.
  function forward(bytes: Uint8Array) {
    if (stream.destroyed || stream.writableEnded) return
    if (!corked) {
      corked = true
      stream.cork()
      setImmediate(() => {
        corked = false
        stream.uncork()
      })
    }
    stream.write(bytes)
  }

  wire.on("data", forward)
  wire.on("error", () => connection.close(failure("protocol-error")))
  wire.on("close", () => visit.close())
  wire.on("handshake", (infoHash, peerId) =>
    steps.greet(visit, { infoHash: Buffer.from(infoHash, "hex"), peerId: Buffer.from(peerId, "hex") }),
  )
  wire.on("interested", () => steps.interested(visit))
  wire.on("request", (piece, offset, length, respond) => {
    if (over) return
    const stop = steps.serve(visit, { piece, offset, length, respond })
    if (stop) callOff.set(`${piece}:${offset}`, stop)
  })
  wire.on("unknownmessage", (message) => hearHashRequest(visit, message))
  wire.on("cancel", (piece, offset) => {
    callOff.get(`${piece}:${offset}`)?.()
    callOff.delete(`${piece}:${offset}`)
  })

  stream.on("data", (bytes: Uint8Array) => {
    if (!leaving && !wire.destroyed) wire.write(bytes)
  })
  void connection.ended.then(() => {
    // The wire still works off what it has read.
    over = leaving = true
    for (const stop of stops) stop()
    for (const stop of callOff.values()) stop()
    wire.destroy()
  })

  steps.accepted(visit)
  return visit
}
