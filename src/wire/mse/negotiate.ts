/** A handshake over an open connection, which ends as a connection in the clear. */
import { fail, succeed, type Outcome } from "../../failure.ts"
import type { Connection, Network } from "../../network.ts"
import { within } from "../waiting.ts"
import { clearStream } from "./clear-stream.ts"
import type { Agreement, Handshake } from "./handshake.ts"

export interface NegotiationOptions {
  network: Pick<Network, "now" | "sleep">
  timeoutMs: number
  signal: AbortSignal
}

/** On failure the connection is closed; it ends then with that failure. */
export async function negotiate(
  connection: Connection,
  handshake: Handshake,
  { network, timeoutMs, signal }: NegotiationOptions,
): Promise<Outcome<Connection>> {
  const { stream } = connection
  const settled = Promise.withResolvers<Outcome<Connection>>()
  let isSettled = false

  function settle(how: Outcome<Agreement>): void {
    if (isSettled) return
    isSettled = true
    stream.off("readable", exchange)
    // At once: a tick later, the end of a stream that was read to its end could not be taken back.
    settled.resolve(how.ok ? succeed(inTheClear(connection, how.value)) : how)
  }

  function exchange(): void {
    while (!isSettled) {
      const outgoing = handshake.outgoing()
      if (outgoing.length > 0 && stream.writable) stream.write(Buffer.concat(outgoing))
      if (handshake.outcome !== null) return settle(handshake.outcome)
      const bytes = stream.read() as Buffer | null
      if (bytes === null) return
      handshake.receive(bytes)
    }
  }

  void connection.ended.then(({ code, detail }) => settle(fail(code, detail ?? handshake.note)))
  stream.on("readable", exchange)
  exchange()
  const isOver = settled.promise.then(() => true)
  if (!(await within(network, isOver, timeoutMs, signal)))
    settle(fail(signal.aborted ? "aborted" : "handshake-timeout"))
  const outcome = await settled.promise
  if (!outcome.ok) connection.close(outcome.failure)
  return outcome
}

function inTheClear(connection: Connection, { encryption, ciphers, early, overhead }: Agreement): Connection {
  const { transport, stream, remote, local, ended } = connection
  if (ciphers === null) {
    if (early.length > 0) stream.unshift(early)
    const close = connection.close.bind(connection)
    return { transport, encryption, overhead, stream, remote, local, ended, close }
  }
  const clear = clearStream(stream, ciphers, early)
  return {
    transport,
    encryption,
    overhead,
    stream: clear,
    remote,
    local,
    // Not before its reader has read all: the stream below ends earlier.
    ended: new Promise((resolve) => clear.once("close", () => resolve(ended))),
    close(why) {
      connection.close(why)
      clear.destroy()
    },
  }
}
