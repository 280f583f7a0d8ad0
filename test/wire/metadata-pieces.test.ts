import { describe, expect, test } from "vitest"
import { createMetadataPieces } from "../../src/wire/metadata-pieces.ts"
import { contentOf, sha1, sha256 } from "../support/v2-torrent.ts"

const info = contentOf("info", 40_000)

function arrived(bytes: Uint8Array) {
  const pieces = createMetadataPieces(bytes.length)
  for (let piece = pieces.next(); piece !== null; piece = pieces.next())
    pieces.add(piece, bytes.subarray(piece * 16_384, (piece + 1) * 16_384))
  expect(pieces.complete).toBe(true)
  return pieces
}

describe("metadata is what the info hash names", () => {
  const v1 = sha1(info)
  const v2 = sha256(info)
  test.each<[string, Uint8Array, string | null]>([
    ["SHA-1", v1, null],
    ["SHA-256 cut to 20 bytes", v2.subarray(0, 20), null],
    ["SHA-256", v2, null],
    ["another SHA-1", sha1(v1), "hash-mismatch"],
    ["the end of SHA-256", v2.subarray(12), "hash-mismatch"],
    ["SHA-1 cut short", v1.subarray(0, 19), "hash-mismatch"],
    ["nothing", new Uint8Array(), "hash-mismatch"],
  ])("%s", (_, infoHash, failure) => {
    const verified = arrived(info).verify(infoHash)
    expect(verified.ok ? null : verified.failure.code).toBe(failure)
    expect(verified.ok ? Buffer.from(verified.value).equals(info) : failure).toBe(failure ?? true)
  })

  test("one bit flipped", () => {
    const flipped = info.map((byte, i) => (i === 20_000 ? byte ^ 1 : byte))
    for (const infoHash of [v1, v2.subarray(0, 20)])
      expect(arrived(flipped).verify(infoHash)).toMatchObject({
        ok: false,
        failure: { code: "hash-mismatch" },
      })
  })
})
