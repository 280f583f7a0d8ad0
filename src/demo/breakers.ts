/** Peers that break the protocol, or abuse it. */
import { emptyBitfield, fullBitfield } from "../torrent/bitfield.ts"
import { drip, pieceHeader } from "./liars.ts"
import { handshake, type Behaviour } from "./steps.ts"
import type { Visit } from "./visit.ts"

const KiB = 1024
const floodMs = 20

/** Accepts and never says a word. */
export const silent: Behaviour = (steps) => ({ ...steps, greet() {} })

/** Something else than a handshake, at once. */
export const garbage =
  (bytes: Uint8Array = Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")): Behaviour =>
  (steps) => ({ ...steps, accepted: (visit) => visit.send(bytes), greet() {} })

/** Answers with another info hash. */
export const anotherInfoHash =
  (infoHash: Uint8Array): Behaviour =>
  (steps) => ({ ...steps, greet: (visit) => handshake(visit, infoHash, visit.host.peerId) })

/** Handshakes whatever info hash it is asked for. */
export const echoesAnyInfoHash: Behaviour = (steps) => ({
  ...steps,
  greet: (visit, theirs) => handshake(visit, theirs.infoHash, visit.host.peerId),
})

/** Gives us back our own handshake, peer id included. */
export const reflects: Behaviour = (steps) => ({
  ...steps,
  greet: (visit, theirs) => handshake(visit, theirs.infoHash, theirs.peerId),
})

/** A right handshake, one byte at a time. handshake: <pstrlen=19><pstr><reserved:8><info hash:20><peer id:20> */
export const slowHandshake =
  (bytesPerSecond: number): Behaviour =>
  (steps) => ({
    ...steps,
    greet(visit) {
      const { payload, peerId } = visit.host
      const start = Buffer.from("\x13BitTorrent protocol\0\0\0\0\0\0\0\0", "latin1")
      drip(visit, Buffer.concat([start, payload.infoHash, peerId]), bytesPerSecond)
    },
  })

export const badBitfield =
  (fault: "spare-bits" | "too-long" | "too-short"): Behaviour =>
  (steps) => ({
    ...steps,
    claim(visit) {
      const right = fullBitfield(visit.host.payload.pieceCount)
      if (fault === "spare-bits") right.fill(0xff)
      const extra = fault === "too-long" ? Buffer.from([0]) : Buffer.alloc(0)
      visit.wire.bitfield(Buffer.concat([right, extra]).subarray(0, fault === "too-short" ? -1 : undefined))
    },
  })

const afterClaim =
  (act: (visit: Visit) => void): Behaviour =>
  (steps) => ({
    ...steps,
    claim(visit) {
      steps.claim(visit)
      act(visit)
    },
  })

export const haveOutOfRange = afterClaim((visit) => {
  visit.wire.have(visit.host.payload.pieceCount)
  visit.wire.have(0xffffffff)
})

/** A message of 2 GiB begins, and goes on and on. */
export const hugeMessage = afterClaim((visit) => {
  visit.send(Buffer.from([0x7f, 0xff, 0xff, 0xff, 5]))
  visit.every(floodMs, () => visit.flood(new Uint8Array(64 * KiB)))
})

/** keep-alive: <len=0> */
export const endlessKeepAlives = afterClaim((visit) =>
  visit.every(floodMs, () => visit.flood(new Uint8Array(4 * 1_000))),
)

/** Extension handshakes (BEP 10) that kill a naive bencode decoder: a negative length, or very deep nesting. */
export const bencodeBomb = (bomb: "negative-list" | "negative-dictionary" | "deep"): Behaviour =>
  afterClaim((visit) => {
    const bytes = { "negative-list": "l-3:", "negative-dictionary": "d-3:", deep: "l".repeat(100_000) }[bomb]
    visit.wire.extended(0, Buffer.from(bytes))
  })

/** Pieces that nobody asked for. */
export const pieceFlood = afterClaim((visit) => {
  const block = Buffer.concat([pieceHeader(0, 0, 16 * KiB), new Uint8Array(16 * KiB)])
  visit.every(floodMs, () => visit.flood(Buffer.concat([block, block, block, block])))
})

/** Says that it has nothing, then HAVE for every piece at once, and again. */
export const haveFlood: Behaviour = (steps) => ({
  ...steps,
  claim(visit) {
    const { pieceCount } = visit.host.payload
    visit.wire.bitfield(emptyBitfield(pieceCount))
    const haves = Buffer.alloc(9 * 1_000)
    for (let i = 0; i < 1_000; i++) {
      haves.writeUInt32BE(5, 9 * i)
      haves[9 * i + 4] = 4
      haves.writeUInt32BE(i % pieceCount, 9 * i + 5)
    }
    visit.every(floodMs, () => visit.flood(haves))
  },
})
