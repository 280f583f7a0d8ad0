/** The other side of MSE, written a second time and as plainly as possible, so that it can also say what it must not. */
import { createHash } from "node:crypto"

export const prime = BigInt(
  "0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd" +
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563",
)

export const infoHash = Buffer.alloc(20, 7)
export const noBytes = Buffer.alloc(0)

export const asKey = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(192, "0"), "hex")
export const asNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`)

export function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % prime
    square = (square * square) % prime
  }
  return result
}

const hash = (word: string, ...parts: Uint8Array[]): Buffer =>
  createHash("sha1")
    .update(Buffer.concat([Buffer.from(word), ...parts]))
    .digest()

/** The key stream's first `count` bytes, without the 1024 that are dropped. */
export function keyStream(key: Uint8Array, count: number, dropped = 1024): Buffer {
  const state = Array.from({ length: 256 }, (_, at) => at)
  const swap = (one: number, other: number) => {
    const kept = state[one]!
    state[one] = state[other]!
    state[other] = kept
  }
  for (let at = 0, other = 0; at < 256; at++) {
    other = (other + state[at]! + key[at % key.length]!) % 256
    swap(at, other)
  }
  const stream = Buffer.alloc(dropped + count)
  for (let at = 0, one = 0, other = 0; at < stream.length; at++) {
    one = (one + 1) % 256
    other = (other + state[one]!) % 256
    swap(one, other)
    stream[at] = state[(state[one]! + state[other]!) % 256]!
  }
  return stream.subarray(dropped)
}

const crypt = (key: Uint8Array, bytes: Uint8Array, from = 0): Buffer => {
  const stream = keyStream(key, from + bytes.length).subarray(from)
  return Buffer.from(bytes.map((byte, at) => byte ^ stream[at]!))
}

const exponent = 0xc0ffee_0123456789_abcdef_fedcba98n
export const publicKey = asKey(power(2n, exponent))

interface Padding {
  pad?: Uint8Array
  /** Told, where it isn't so. */
  padLength?: number
}

export interface Request extends Padding {
  constant?: Uint8Array
  provide?: number
  ia?: Uint8Array
}

export interface Answer extends Padding {
  select?: number
  payload?: Uint8Array
}

/** Of a conversation with the machine whose public key this is. */
export function foreignSide(theirKey: Uint8Array, skey: Uint8Array = infoHash) {
  const secret = asKey(power(asNumber(theirKey.subarray(0, 96)), exponent))
  const [keyA, keyB] = [hash("keyA", secret, skey), hash("keyB", secret, skey)]
  const number = (value: number, bytes: number) => {
    const buffer = Buffer.alloc(bytes)
    buffer.writeUIntBE(value, 0, bytes)
    return buffer
  }
  return {
    /** Step 3. */
    request(said: Request) {
      const { constant = Buffer.alloc(8), provide = 3, pad = noBytes, ia = noBytes } = said
      const padLength = said.padLength ?? pad.length
      const mask = hash("req3", secret)
      const mark = hash("req2", skey).map((byte, at) => byte ^ mask[at]!)
      const header = [constant, number(provide, 4), number(padLength, 2), pad, number(ia.length, 2), ia]
      return Buffer.concat([hash("req1", secret), mark, crypt(keyA, Buffer.concat(header))])
    },
    /** Step 4, and RC4 bytes after it. */
    answer(said: Answer) {
      const { select = 2, pad = noBytes, payload = noBytes } = said
      const padLength = said.padLength ?? pad.length
      const header = Buffer.concat([Buffer.alloc(8), number(select, 4), number(padLength, 2), pad])
      return crypt(keyB, Buffer.concat([header, payload]))
    },
    /** What the receiver sends, from its step 4 on. */
    readFromReceiver: (bytes: Uint8Array, from = 0) => crypt(keyB, bytes, from),
    /** What the initiator sends, from VC on: to read and to write. */
    asInitiator: (bytes: Uint8Array, from = 0) => crypt(keyA, bytes, from),
    syncMark: hash("req1", secret),
  }
}
