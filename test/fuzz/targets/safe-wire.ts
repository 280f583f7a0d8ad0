/** The whole wire: bytes in whatever pieces, and what is heard of them. */
import { failureCodes } from "../../../src/failure.ts"
import { limits } from "../../../src/limits.ts"
import { bitfieldBytes } from "../../../src/torrent/bitfield.ts"
import { mergeHandshake } from "../../../src/wire/extension-handshake.ts"
import { createSafeWire } from "../../../src/wire/safe-wire.ts"
import { extensionHandshake, frame, greeting } from "../frames.ts"
import { choicesIn, must, same } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

const pieceCounts = [null, 1, 9, 1_000] as const
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** All that is heard, in order; and how much was written in answer. */
function heard(
  parts: readonly Uint8Array[],
  pieceCount: number | null,
): { events: string[]; sentBytes: number } {
  const events: string[] = []
  let sentBytes = 0
  let over = false
  const note = (...what: unknown[]) => {
    must(!over, `nothing after a violation: ${what.join(" ")}`)
    events.push(what.join(" "))
  }
  const isPiece = (piece: number) => piece >= 0 && piece < (pieceCount ?? limits.metainfo.maxPieces)
  const wire = createSafeWire({
    pieceCount,
    speaks: ["ut_metadata", "ut_pex", "lt_donthave"],
    send: (bytes) => void (sentBytes += bytes.length),
    now: () => 0,
    onHandshake({ infoHash, peerId, reserved }) {
      must(infoHash.length === 20 && peerId.length === 20 && reserved.length === 8, "a greeting")
      note("handshake", hex(infoHash), hex(peerId), hex(reserved))
    },
    onExtensionHandshake: (handshake) => note("extensions", JSON.stringify(mergeHandshake(handshake, null))),
    onExtensionMessage: (name, payload) => note("extension", name, hex(payload)),
    onUnnamedExtension: () => note("unnamed"),
    onBitfield(bits) {
      if (pieceCount !== null) same(bits.length, bitfieldBytes(pieceCount), "a bitfield")
      note("bitfield", hex(bits))
    },
    onHaveAll: () => note("have-all"),
    onHaveNone: () => note("have-none"),
    onHave(piece) {
      must(isPiece(piece), `have ${piece}`)
      note("have", piece)
    },
    onChoke: () => note("choke"),
    onUnchoke: () => note("unchoke"),
    onBlock(piece, offset, block) {
      must(block.length <= limits.peer.blockBytes, `a block of ${block.length}`)
      note("block", piece, offset, hex(block))
    },
    onReject: (...block) => note("reject", ...block),
    onAllowedFast(piece) {
      must(isPiece(piece), `allowed fast ${piece}`)
      note("allowed-fast", piece)
    },
    onRequest: () => note("request"),
    onHashAnswer: ({ range, hashes }) => note("hashes", range, hashes && hex(hashes)),
    onPastClaim: () => note("past-claim"),
    onViolation(why) {
      must(failureCodes.includes(why.code), "a known code")
      must(why.code !== "unknown", `an error of ours: ${why.detail}`)
      note("violation", why.code, why.detail)
      over = true
    },
  })
  wire.greet(new Uint8Array(20).fill(1), new Uint8Array(20).fill(2), { v: "x" })
  for (const part of parts) wire.receive(part)
  const receivedBytes = parts.reduce((sum, { length }) => sum + length, 0)
  must(wire.begunBytes <= 4 + receivedBytes, "of a begun message no more than came, and its length")
  return { events, sentBytes }
}

export const safeWire: FuzzTarget = {
  name: "safe-wire",
  group: "wire",
  run(input) {
    const choices = choicesIn(input)
    const pieceCount = pieceCounts[choices.number(pieceCounts.length - 1)] ?? null
    const sizes = Array.from(choices.take(4), (byte) => 1 + byte)
    const bytes = choices.rest()
    const parts: Uint8Array[] = []
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1
      parts.push(bytes.slice(at, at + size))
      at += size
    }
    const whole = heard([bytes.slice()], pieceCount)
    same(heard(parts, pieceCount).events, whole.events, "the same in other pieces")
    must(whole.sentBytes <= 400 + 2 * bytes.length, `${whole.sentBytes} bytes in answer to ${bytes.length}`)
  },
  *seeds() {
    const fast = greeting(new Uint8Array(20).fill(1), { fast: true, extensions: true })
    const wires = [
      [frame(14), frame(1), frame(0), frame(4, 0, 0, 0, 1), frame(17, 0, 0, 0, 0)],
      [frame(15), extensionHandshake("d1:md11:ut_metadatai3e6:ut_pexi1ee1:pi6881e4:reqqi250e1:v4:teste")],
      [frame(5, 0xff, 0x80), frame(7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3), frame(16, ...new Uint8Array(12))],
      [frame(5, 0x80), frame(6, ...new Uint8Array(12)), frame(8, ...new Uint8Array(12)), frame(9, 26, 225)],
      [frame(20, 2, ...Buffer.from("d8:msg_typei0e5:piecei0ee")), frame(20, 9, 1), Uint8Array.of(0, 0, 0, 0)],
      [frame(21, ...new Uint8Array(48)), frame(22, ...new Uint8Array(80)), frame(23, ...new Uint8Array(48))],
    ]
    for (const [at, messages] of wires.entries())
      yield new Uint8Array(Buffer.concat([Uint8Array.of(at % 4, 255, 3, 70, 1), fast, ...messages]))
    // Of a torrent of one piece: what is out of its range, or of another length than it has.
    for (const wrong of [frame(4, 0, 0, 0, 1), frame(17, 0, 0, 0, 9), frame(4, 0, 0, 0), frame(5, 0x80, 0)])
      yield new Uint8Array(Buffer.concat([Uint8Array.of(1, 9, 9, 9, 9), fast, wrong]))
    yield new Uint8Array(
      Buffer.concat([Uint8Array.of(2, 0, 0, 0, 0), greeting(new Uint8Array(20)), frame(5, 0xff, 0x80)]),
    )
  },
  dictionary: [
    "\x13BitTorrent protocol",
    "\0\0\0\x01\x0e",
    "\0\0\0\x01\x0f",
    "\0\0\0\x05\x04",
    "\0\x10\0\0\x05",
  ],
}
