/** The BEP's own vectors, and what strangers may send instead. */
import { describe, expect, test } from "vitest"
import { encode, type Encodable } from "../../src/torrent/bencode.ts"
import {
  immutableTarget,
  maxSequence,
  mutableTarget,
  readItem,
  signingBuffer,
  signItem,
  type Wanted,
} from "../../src/torrent/dht-item.ts"
import { keyFromSeed } from "../../src/torrent/ed25519.ts"

const bytes = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"))
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex")

const none = new Uint8Array()
const value = bytes("12:Hello World!")
const publicKey = unhex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")

const vectors = [
  {
    salt: "",
    buffer: "3:seqi1e1:v12:Hello World!",
    target: "4a533d47ec9c7d95b1ad75f576cffc641853b750",
    signature:
      "305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01",
  },
  {
    salt: "foobar",
    buffer: "4:salt6:foobar3:seqi1e1:v12:Hello World!",
    target: "411eba73b6f087ca51a3795d9c8c938d365e32c1",
    signature:
      "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08",
  },
]

const id = bytes("i".repeat(20))
const reply = (entries: Record<string, Encodable>) => encode({ id, token: "t", ...entries })

describe.each(vectors)("BEP 44 vector with salt '$salt'", ({ salt: saltText, buffer, target, signature }) => {
  const salt = bytes(saltText)
  const wanted: Wanted = { target: unhex(target), publicKey, salt }
  const good = { k: publicKey, seq: 1, sig: unhex(signature), v: "Hello World!" }

  test("target and signed buffer", () => {
    expect(hex(mutableTarget(publicKey, salt))).toBe(target)
    expect(Buffer.from(signingBuffer(salt, 1n, value)).toString()).toBe(buffer)
  })

  test("the signature holds, by key and by target alone", () => {
    const item = { value, mutable: { publicKey, seq: 1n, signature: unhex(signature) } }
    expect(readItem(reply(good), wanted)).toEqual({ ok: true, item })
    expect(readItem(reply(good), { ...wanted, publicKey: null })).toEqual({ ok: true, item })
  })

  test.each<[string, Record<string, Encodable>, string]>([
    ["another sequence number", { ...good, seq: 2 }, "bad-signature"],
    ["another value", { ...good, v: "Hello world!" }, "bad-signature"],
    ["the value as another type", { ...good, v: ["Hello World!"] }, "bad-signature"],
    ["a cut signature", { ...good, sig: unhex(signature).subarray(1) }, "bad-signature"],
    ["another key", { ...good, k: keyFromSeed(new Uint8Array(32)).publicKey }, "wrong-hash"],
    ["a key that is no string", { ...good, k: 3 }, "unsigned"],
    ["no signature", { k: publicKey, seq: 1, v: "Hello World!" }, "unsigned"],
    ["a negative sequence number", { ...good, seq: -1 }, "unsigned"],
    ["a sequence number that is a string", { ...good, seq: "1" }, "unsigned"],
    ["no key at all", { seq: 1, sig: unhex(signature), v: "Hello World!" }, "unsigned"],
    ["too large a value", { ...good, v: "x".repeat(997) }, "too-large"],
  ])("refuses %s", (_, entries, flaw) => {
    expect(readItem(reply(entries), wanted)).toEqual({ ok: false, flaw })
  })

  test("refuses another salt", () => {
    const salted = { target: mutableTarget(publicKey, bytes("x")), publicKey, salt: bytes("x") }
    expect(readItem(reply(good), salted)).toEqual({ ok: false, flaw: "bad-signature" })
    const unsalted = { ...wanted, salt: bytes("x") }
    expect(readItem(reply(good), unsalted)).toEqual({ ok: false, flaw: "wrong-hash" })
  })
})

describe("immutable items", () => {
  const target = unhex("e5f96f6f38320f0f33959cb4d3d656452117aadb")
  const wanted: Wanted = { target, publicKey: null, salt: none }

  test("BEP 44's third vector", () => {
    expect(hex(immutableTarget(value))).toBe(hex(target))
    expect(readItem(reply({ v: "Hello World!" }), wanted)).toEqual({
      ok: true,
      item: { value, mutable: null },
    })
  })

  test("another value is refused, none is none", () => {
    expect(readItem(reply({ v: "hello world!" }), wanted)).toEqual({ ok: false, flaw: "wrong-hash" })
    expect(readItem(reply({}), wanted)).toEqual({ ok: true, item: null })
  })

  // What decoding and encoding again would change: order of keys, a leading zero, a key twice, an integer beyond 2⁵³.
  test.each([
    "d1:bi1e1:ai2ee",
    "i007e",
    "d1:ai1e1:ai2ee",
    "i9007199254740993e",
    "03:abc",
    "d9:__proto__i1ee",
  ])("%s is hashed as received", (text) => {
    const odd = bytes(text)
    const packet = Buffer.concat([bytes("d2:id20:"), id, bytes("1:v"), odd, bytes("e")])
    expect(readItem(packet, { target: immutableTarget(odd), publicKey: null, salt: none })).toEqual({
      ok: true,
      item: { value: odd, mutable: null },
    })
  })

  test("an immutable value does not answer for a key", () => {
    expect(readItem(reply({ v: "Hello World!" }), { ...wanted, publicKey })).toEqual({
      ok: false,
      flaw: "unsigned",
    })
  })
})

describe("sequence numbers are exact", () => {
  const key = keyFromSeed(new Uint8Array(32).fill(7))
  const wanted: Wanted = { target: mutableTarget(key.publicKey, none), publicKey: key.publicKey, salt: none }
  const packet = (seq: bigint, written = String(seq)) => {
    const sig = signItem(key, none, seq, value)
    const tail = Buffer.concat([bytes(`3:seqi${written}e3:sig64:`), sig, bytes("1:v"), value, bytes("e")])
    return Buffer.concat([bytes("d2:id20:"), id, bytes("1:k32:"), key.publicKey, tail])
  }

  test.each([0n, 1n, 2n ** 53n + 1n, maxSequence])("%i", (seq) => {
    expect(readItem(packet(seq), wanted)).toMatchObject({ ok: true, item: { mutable: { seq } } })
  })

  test.each([
    [maxSequence + 1n, undefined],
    [4n, "04"],
  ])("%i written as %s is none", (seq, written) => {
    expect(readItem(packet(seq, written), wanted)).toEqual({ ok: false, flaw: "unsigned" })
  })
})
