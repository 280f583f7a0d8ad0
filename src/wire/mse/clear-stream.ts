/** A stream in the clear above one that is encrypted, with the same back-pressure and the same end. */
import { Duplex } from "node:stream"
import type { Ciphers } from "./secrets.ts"

/**
 * `early`: already decrypted, read before anything else. `sealed` is read only when this one is, and closes with it; nothing else
 * may read it.
 */
export function clearStream(sealed: Duplex, { encrypt, decrypt }: Ciphers, early: Uint8Array): Duplex {
  let whenDrained: (() => void) | null = null

  // What comes from a socket is ours alone: decrypted where it lies.
  const onData = (bytes: Buffer) => {
    decrypt(bytes)
    if (!clear.push(bytes)) sealed.pause()
  }
  // The end of an empty stream shows without a reader, as a socket's does.
  const onEnd = () => {
    clear.push(null)
    clear.read(0)
  }
  const onDrain = () => {
    const next = whenDrained
    whenDrained = null
    next?.()
  }
  // After an orderly end the reader may still have bytes to read; whatever it writes goes nowhere.
  const onClose = () => {
    onDrain()
    if (sealed.readableEnded) clear.end()
    else clear.destroy()
  }

  const send = (bytes: Buffer, done: () => void) => {
    encrypt(bytes)
    if (!sealed.writable || sealed.write(bytes)) done()
    else whenDrained = done
  }

  const clear = new Duplex({
    // One chunk waits here at most: the rest stays where its sender can be held up.
    readableHighWaterMark: 1,
    read() {
      if (sealed.listenerCount("data") === 0) sealed.on("data", onData)
      else sealed.resume()
    },
    // The writer's own bytes stay as they are: encrypted is a copy.
    write: (bytes: Buffer, _encoding, done) => send(Buffer.from(bytes), done),
    writev: (chunks, done) => send(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
    final(done) {
      sealed.end()
      done()
    },
    destroy(error, done) {
      sealed.off("data", onData).off("end", onEnd).off("drain", onDrain).off("close", onClose)
      sealed.destroy()
      done(error)
    },
  })
  if (early.length > 0) clear.push(early)
  sealed.on("end", onEnd).on("drain", onDrain).on("close", onClose)
  return clear
}
