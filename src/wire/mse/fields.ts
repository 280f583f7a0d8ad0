/** The parts that both sides of the handshake share. */
import { limits } from "../../limits.ts"
import type { Inbox } from "./inbox.ts"
import type { Ciphers } from "./secrets.ts"

/** Bits of crypto_provide, values of crypto_select. */
export const methods = { plaintext: 1, rc4: 2 } as const
export const { maxPadBytes } = limits.mse
/** VC, the verification constant: zeros. */
export const constantBytes = 8
/** The first message of a peer that doesn't encrypt (BEP 3). */
export const greeting = Buffer.from("\x13BitTorrent protocol", "latin1")

/** PadA and PadB. */
export function randomPad(randomBytes: (count: number) => Uint8Array): Uint8Array {
  const [high = 0, low = 0] = randomBytes(2)
  return randomBytes(((high << 8) | low) % (maxPadBytes + 1))
}

/** ENCRYPT(VC, crypto_provide or crypto_select, len(Pad), Pad), Pad empty: it is reserved for extensions. More may follow. */
export function sealed({ encrypt }: Ciphers, method: number, ...more: Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(constantBytes + 6)
  header.writeUInt32BE(method, constantBytes)
  const bytes = Buffer.concat([header, ...more])
  encrypt(bytes)
  return bytes
}

/** Decrypted, once so much is there. */
export function* opened(inbox: Inbox, { decrypt }: Ciphers, count: number): Generator<number, Buffer, void> {
  yield count
  const bytes = inbox.take(count)
  decrypt(bytes)
  return bytes
}

/** Passes over padding, whose length nobody tells, and the mark that ends it. False: the mark isn't where it can be. */
export function* passedOver(inbox: Inbox, mark: Uint8Array): Generator<number, boolean, void> {
  const furthest = maxPadBytes + mark.length
  for (let enough = mark.length; ; enough = inbox.length + 1) {
    yield enough
    const at = inbox.peek(furthest).indexOf(mark)
    if (at >= 0) inbox.take(at + mark.length)
    if (at >= 0 || inbox.length >= furthest) return at >= 0
  }
}
