/**
 * BEP 44 items: what a DHT node keeps for anyone. Immutable ones stand under the SHA-1 of their value; mutable ones under
 * that of a public key and a salt, and are signed. The value is any bencoded one, and counts exactly as received.
 */
import { createHash } from "node:crypto"
import { spanOf } from "./bencode.ts"
import { lengthAt } from "./bencode-scan.ts"
import { verifies, type SigningKey } from "./ed25519.ts"

/** Bencoded. Nodes may refuse more. */
export const maxValueBytes = 1_000
export const maxSaltBytes = 64
/** MAX_INT64 */
export const maxSequence = 2n ** 63n - 1n

/** What a `get` looks for. Without a public key, whatever fits the target is welcome. */
export interface Wanted {
  target: Uint8Array
  publicKey: Uint8Array | null
  salt: Uint8Array
}

export interface Item {
  /** Bencoded, as received. */
  value: Uint8Array
  /** Of a mutable item. */
  mutable: { publicKey: Uint8Array; seq: bigint; signature: Uint8Array } | null
}

/** Why an item that a node sent is none. */
export type ItemFlaw =
  | "too-large" // the value
  | "wrong-hash" // neither value nor key hashes to the target
  | "unsigned" // a mutable item lacks its key, sequence number or signature, or they can't be such
  | "bad-signature"

export const immutableTarget = (value: Uint8Array): Uint8Array => sha1(value)
export const mutableTarget = (publicKey: Uint8Array, salt: Uint8Array): Uint8Array => sha1(publicKey, salt)

/** [4:salt<salt>]3:seqi<seq>e1:v<value>: what is signed. An empty salt is none. */
export function signingBuffer(salt: Uint8Array, seq: bigint, value: Uint8Array): Uint8Array {
  const salted = salt.length === 0 ? [] : [Buffer.from(`4:salt${salt.length}:`), salt]
  return Buffer.concat([...salted, Buffer.from(`3:seqi${seq}e1:v`), value])
}

export const signItem = (key: SigningKey, salt: Uint8Array, seq: bigint, value: Uint8Array): Uint8Array =>
  key.sign(signingBuffer(salt, seq, value))

export type ReadItem = { ok: true; item: Item | null } | { ok: false; flaw: ItemFlaw }

/** From the `r` dictionary of a `get` reply, bencoded, as received and decoded before; `item` is null when it holds none. */
export function readItem(reply: Uint8Array, wanted: Wanted): ReadItem {
  const value = valueOf(reply, "v")
  if (value === null) return { ok: true, item: null }
  if (value.length > maxValueBytes) return { ok: false, flaw: "too-large" }
  const publicKey = stringOf(reply, "k")
  if (wanted.publicKey === null && same(immutableTarget(value), wanted.target))
    return { ok: true, item: { value: new Uint8Array(value), mutable: null } }
  if (publicKey === null) return { ok: false, flaw: wanted.publicKey === null ? "wrong-hash" : "unsigned" }
  if (!same(mutableTarget(publicKey, wanted.salt), wanted.target)) return { ok: false, flaw: "wrong-hash" }
  const seq = sequenceOf(reply)
  const signature = stringOf(reply, "sig")
  if (seq === null || signature === null) return { ok: false, flaw: "unsigned" }
  if (!verifies(publicKey, signingBuffer(wanted.salt, seq, value), signature))
    return { ok: false, flaw: "bad-signature" }
  const mutable = { publicKey: new Uint8Array(publicKey), seq, signature: new Uint8Array(signature) }
  return { ok: true, item: { value: new Uint8Array(value), mutable } }
}

function valueOf(dictionary: Uint8Array, key: string): Uint8Array | null {
  const span = spanOf(dictionary, key)
  return span && dictionary.subarray(span.start, span.end)
}

/** A bencoded string's content. */
export function stringContent(value: Uint8Array): Uint8Array | null {
  const isString = value[0] !== undefined && value[0] >= 0x30 && value[0] <= 0x39
  return isString ? value.subarray(value.length - lengthAt(value, 0)) : null
}

function stringOf(dictionary: Uint8Array, key: string): Uint8Array | null {
  const value = valueOf(dictionary, key)
  return value && stringContent(value)
}

/** Exact, which the decoder's numbers are not beyond 2⁵³. Written otherwise than it is signed, it verifies nothing. */
function sequenceOf(reply: Uint8Array): bigint | null {
  const value = valueOf(reply, "seq")
  const digits = value && /^i(0|[1-9]\d{0,18})e$/.exec(Buffer.from(value).toString("latin1"))?.[1]
  if (!digits) return null
  const seq = BigInt(digits)
  return seq <= maxSequence ? seq : null
}

const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0

function sha1(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha1")
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
