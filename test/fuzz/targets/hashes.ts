/** Bitfields, BEP 52 hash trees, BEP 44 items, keys and texts in encodings. */
import { createPublicKey, verify } from "node:crypto"
import {
  bitfieldBytes,
  clearSpareBits,
  countPieces,
  fromBase64,
  hasPiece,
  pieces,
  toBase64,
} from "../../../src/torrent/bitfield.ts"
import { keyFromSeed, parseSigningKey } from "../../../src/torrent/ed25519.ts"
import {
  immutableTarget,
  mutableTarget,
  readItem,
  signItem,
  stringContent,
  type Item,
} from "../../../src/torrent/dht-item.ts"
import { scan } from "../../../src/torrent/bencode-scan.ts"
import {
  climb,
  hashesIn,
  merkleRoot,
  merkleHashBytes,
  provenLayer,
  treeWidth,
} from "../../../src/torrent/merkle.ts"
import { textDecoder } from "../../../src/torrent/text.ts"
import { learnPieceRoots, pieceRootRequest, v2Pieces } from "../../../src/torrent/v2-pieces.ts"
import { bytesOf, choicesIn, must, same } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

export const bitfield: FuzzTarget = {
  name: "bitfield",
  group: "torrent",
  maxBytes: 512,
  run(input) {
    const choices = choicesIn(input)
    const count = choices.number(4_000)
    const bits = choices.rest().slice()
    const read = fromBase64(Buffer.from(bits).toString("latin1"), count)
    if (read) same(toBase64(read), Buffer.from(bits).toString("latin1"), "written again")
    const cleared = clearSpareBits(bits.slice(), count)
    const held = [...pieces(cleared, count)]
    same(held.length, countPieces(cleared), "as many as are counted")
    must(
      held.every((piece) => piece < count && hasPiece(cleared, piece)),
      "each of them",
    )
    if (cleared.length === bitfieldBytes(count))
      same(fromBase64(toBase64(cleared), count), cleared, "read again")
  },
  *seeds() {
    yield Uint8Array.of(0, 9, 0xff, 0x80)
    yield Uint8Array.of(0, 8, ...Buffer.from("/w=="))
  },
}

export const merkle: FuzzTarget = {
  name: "merkle",
  group: "torrent",
  run(input) {
    const choices = choicesIn(input)
    const range = {
      baseLayer: choices.number(255),
      index: choices.number(0xffff_ffff),
      length: choices.number(1) ? 2 ** choices.number(40) : choices.number(0xffff_ffff),
      proofLayers: choices.number(255),
    }
    const hashes = choices.rest()
    const top = climb(range, hashes)
    must(top === null || top.length === merkleHashBytes, "a hash")
    if (top) {
      same(hashes.length, hashesIn(range) * merkleHashBytes, "as many hashes as asked for")
      must(provenLayer(range) < 64, "a layer that exists")
    }
    const file = { piecesRoot: top ?? new Uint8Array(32).fill(1), firstPiece: 0, sizeBytes: 5 * 32_768 - 1 }
    const v2 = v2Pieces([file], 32_768, new Uint8Array(5 * merkleHashBytes))
    if (learnPieceRoots(v2, range.index % 5, range, hashes))
      same(v2.pieceRoots.length, 5 * merkleHashBytes, "roots")
    must((pieceRootRequest(v2, range.index % 5)?.length ?? 2) === 2, "a request for two")
    const whole = hashes.subarray(0, hashes.length - (hashes.length % 32))
    same(merkleRoot(whole, treeWidth(whole.length / 32)).length, 32, "a root")
  },
  *seeds() {
    yield Uint8Array.of(1, 0, 0, 0, 0, 1, 1, 1, ...new Uint8Array(96))
    yield Uint8Array.of(0, 0, 0, 0, 4, 1, 2, 3, ...new Uint8Array(32 * 6).fill(7))
  },
}

const key = keyFromSeed(new Uint8Array(32).fill(1))
const salt = bytesOf("salt")

const owner = createPublicKey({
  format: "jwk",
  key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(key.publicKey).toString("base64url") },
})

/** By Node alone: BEP 44 has the signed bytes so. */
function isSigned({ value, mutable }: Item): boolean {
  if (mutable === null) return false
  const signed = Buffer.concat([bytesOf(`4:salt4:salt3:seqi${mutable.seq}e1:v`), value])
  return verify(null, signed, owner, mutable.signature)
}

export const dhtItem: FuzzTarget = {
  name: "dht-item",
  group: "torrent",
  run(input) {
    if (scan(input).fault !== null || input[0] !== 0x64) return
    for (const wanted of [
      { target: immutableTarget(bytesOf("3:abc")), publicKey: null, salt: new Uint8Array() },
      { target: mutableTarget(key.publicKey, salt), publicKey: key.publicKey, salt },
    ]) {
      const read = readItem(input, wanted)
      if (!read.ok || read.item === null) continue
      must(read.item.value.length <= 1_000, "a value within bounds")
      if (wanted.publicKey === null && read.item.mutable === null)
        same(immutableTarget(read.item.value), wanted.target, "what was asked for")
      if (read.item.mutable) must(isSigned(read.item), "what the key's owner signed")
      stringContent(read.item.value)
    }
  },
  *seeds() {
    yield bytesOf("d1:v3:abce")
    const value = bytesOf("5:hello")
    const parts = [
      bytesOf("d1:k32:"),
      key.publicKey,
      bytesOf("3:seqi4e3:sig64:"),
      signItem(key, salt, 4n, value),
    ]
    yield new Uint8Array(Buffer.concat([...parts, bytesOf("1:v"), value, bytesOf("e")]))
  },
  dictionary: ["1:v", "1:k32:", "3:sig64:", "3:seqi", "i9223372036854775807e"],
}

export const signingKey: FuzzTarget = {
  name: "signing-key",
  group: "torrent",
  maxBytes: 1_024,
  run(input) {
    const read = parseSigningKey(input)
    if (read === null) return
    same(read.publicKey.length, 32, "a public key")
    same(parseSigningKey(bytesOf(read.toPem()))?.publicKey, read.publicKey, "written again")
  },
  *seeds() {
    yield new Uint8Array(32).fill(3)
    yield bytesOf("01".repeat(32))
    yield bytesOf(key.toPem())
    yield new Uint8Array(Buffer.concat([new Uint8Array(32).fill(1), key.publicKey]))
  },
}

export const names: FuzzTarget = {
  name: "encoded-text",
  group: "torrent",
  maxBytes: 1_024,
  run(input) {
    const choices = choicesIn(input)
    const label = Buffer.from(choices.take(choices.number(16))).toString("latin1")
    const bytes = choices.rest()
    for (const encoding of [null, label]) {
      const { text, clean } = textDecoder(encoding)(bytes)
      must(text.length <= Math.max(4, 2 * bytes.length), "not longer than it can be")
      must(text.isWellFormed(), "well-formed")
      if (clean && encoding === null && text !== "")
        same(Buffer.from(text), Buffer.from(bytes), "the bytes again")
    }
  },
  *seeds() {
    for (const label of [
      "utf-8",
      "gbk",
      "shift_jis",
      "utf-16le",
      "windows-1251",
      "x-user-defined",
      "big5",
      "euc-kr",
    ])
      yield new Uint8Array(
        Buffer.concat([Uint8Array.of(label.length), Buffer.from(label), Uint8Array.of(0x83, 0x65, 0xff)]),
      )
  },
}
