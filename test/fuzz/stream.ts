/** A connection whose other side says what the input says, whatever it is told. */
import type net from "node:net"
import { Duplex } from "node:stream"
import { succeed, type Outcome } from "../../src/failure.ts"

/** After the first bytes written to it; then it ends. `first`: said before the parts, from what was written. */
export function playedBy(
  parts: readonly Uint8Array[],
  first: (written: string) => Uint8Array = () => new Uint8Array(),
): Promise<Outcome<net.Socket>> {
  let begun = false
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      done()
      if (begun) return
      begun = true
      const opening = first(bytes.toString("latin1"))
      const said = parts.map((part) => Buffer.from(part))
      setImmediate(() => {
        if (opening.length > 0) stream.push(opening)
        for (const part of said) if (!stream.destroyed) stream.push(part)
        if (!stream.destroyed) stream.push(null)
      })
    },
  })
  const nothing = () => stream
  const asSocket = Object.assign(stream, {
    setTimeout: nothing,
    setNoDelay: nothing,
    setKeepAlive: nothing,
    ref: nothing,
    unref: nothing,
  })
  return Promise.resolve(succeed(asSocket as unknown as net.Socket))
}
