/** Peers that speak the protocol well and lie about what they serve. */
import { emptyBitfield } from "../torrent/bitfield.ts"
import { claimPieces, type Behaviour } from "./steps.ts"
import type { Visit } from "./visit.ts"

/** Never unchokes: cannot be told from full upload slots, so nobody may accuse it. */
export const choker: Behaviour = (steps) => ({ ...steps, interested() {} })

/** Never unchokes, and gives those pieces all the same (BEP 6). */
export const allowsFast =
  (...pieces: number[]): Behaviour =>
  (steps) => ({
    ...steps,
    interested(visit) {
      for (const piece of pieces) visit.wire.allowedFast(piece)
    },
  })

/** Rejects every hash request (BEP 52): its blocks can't be proven, its pieces can. */
export const proofRefuser: Behaviour = (steps) => ({ ...steps, hashes: () => null })

/** Its hashes lead nowhere, to make a proof of what it sends impossible. */
export const proofForger: Behaviour = (steps) => ({
  ...steps,
  hashes(visit, range) {
    const hashes = steps.hashes(visit, range)
    return hashes && Uint8Array.from(hashes, (byte) => byte ^ 1)
  },
})

/** Unchokes, never sends. */
export const snubber: Behaviour = (steps) => ({ ...steps, serve: () => undefined })

/** Sends a wrong byte in every block of the pieces that `poisons` names; all unless given. */
export const corrupter =
  (poisons: (piece: number) => boolean = () => true): Behaviour =>
  (steps) => ({
    ...steps,
    bytes(visit, block) {
      const bytes = Uint8Array.from(steps.bytes(visit, block))
      if (poisons(block.piece)) bytes[0] = (bytes[0] ?? 0) ^ 0xff
      return bytes
    },
  })

/** For an over-claimer that stays silent about the pieces it lacks instead of rejecting the request (BEP 6). */
export const ignoresWhatItLacks: Behaviour = (steps) => ({
  ...steps,
  serve: (visit, block) =>
    steps.serve(visit, { ...block, respond: (error, bytes) => void (error ?? block.respond(null, bytes)) }),
})

/** Sends one block at `bytesPerSecond`, byte by byte, and no other. */
export const trickler =
  (bytesPerSecond: number): Behaviour =>
  (steps) => {
    const busy = new WeakSet<Visit>()
    return {
      ...steps,
      serve(visit, block) {
        if (busy.has(visit)) return undefined
        busy.add(visit)
        const bytes = steps.bytes(visit, block)
        visit.send(pieceHeader(block.piece, block.offset, bytes.length))
        drip(visit, bytes, bytesPerSecond)
        return undefined
      },
    }
  }

export function drip(visit: Visit, bytes: Uint8Array, bytesPerSecond: number): void {
  let sent = 0
  visit.every(1000 / bytesPerSecond, () => {
    if (sent < bytes.length) visit.send(bytes.slice(sent, ++sent))
  })
}

/** piece: <len=9+X><id=7><index><begin><block> */
export function pieceHeader(piece: number, offset: number, length: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(9 + length, 0)
  header[4] = 7
  header.writeUInt32BE(piece, 5)
  header.writeUInt32BE(offset, 9)
  return header
}

/** BEP 16, honest though it looks like a leecher: shows a few pieces, and the next one for each that it has served. */
export const superSeeder =
  (shown: number): Behaviour =>
  (steps) => {
    const next = new WeakMap<Visit, number>()
    const show = (visit: Visit) => {
      const piece = next.get(visit) ?? 0
      next.set(visit, piece + 1)
      if (piece < visit.host.payload.pieceCount) visit.wire.have(piece)
    }
    return {
      ...steps,
      claim(visit) {
        claimPieces(visit, emptyBitfield(visit.host.payload.pieceCount))
        for (let i = 0; i < shown; i++) show(visit)
      },
      bytes(visit, block) {
        const last = block.offset + block.length === visit.host.payload.pieceLength(block.piece)
        if (last) show(visit)
        return steps.bytes(visit, block)
      },
    }
  }
