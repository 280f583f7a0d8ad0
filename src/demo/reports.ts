/** Peers that tell their tracker how they are getting on, truthfully or not, whatever they do on the wire. */
import { countPieces } from "../torrent/bitfield.ts"
import type { Payload } from "./payload.ts"
import type { Peer } from "./peer.ts"
import type { DemoTracker } from "./tracker.ts"

/** What a cheater tells in place of the truth. */
export interface FalseFigures {
  uploadedFactor?: number
  uploadedBytesPerSecond?: number
  downloadedBytes?: number
  leftBytes?: number
}

export interface Reporting {
  peer: Peer
  figures?: FalseFigures
}

export interface Reporters {
  /** An announce of each of them, now. */
  announce(): Promise<void>
  stop(): void
}

/** What leechers gain counts as uploaded by the seeders, in equal parts. All have announced `started` before. */
export function reportRegularly(
  tracker: Pick<DemoTracker, "register">,
  payload: Payload,
  reporting: readonly Reporting[],
  everyMs: number,
): Reporters {
  const { infoHash, pieceBytes, pieceCount } = payload
  const startedMs = performance.now()
  const heldFirst = new Map(reporting.map(({ peer }) => [peer, countPieces(peer.holds)]))
  const gainedBy = (peer: Peer) => (countPieces(peer.holds) - (heldFirst.get(peer) ?? 0)) * pieceBytes
  const isSeeder = (peer: Peer) => heldFirst.get(peer) === pieceCount

  async function announce(): Promise<void> {
    const moved = reporting.reduce((sum, { peer }) => sum + gainedBy(peer), 0)
    const seeders = reporting.filter(({ peer }) => isSeeder(peer)).length
    const seconds = (performance.now() - startedMs) / 1_000
    await Promise.all(
      reporting.map(({ peer, figures = {} }) => {
        const { uploadedFactor = 1, uploadedBytesPerSecond = 0, downloadedBytes, leftBytes } = figures
        const uploaded = isSeeder(peer) ? moved / seeders : 0
        const missing = pieceCount - countPieces(peer.holds)
        return tracker.register({
          infoHash,
          peerId: peer.peerId,
          port: peer.port,
          event: "update",
          uploadedBytes: Math.round(uploaded * uploadedFactor + uploadedBytesPerSecond * seconds),
          downloadedBytes: downloadedBytes ?? gainedBy(peer),
          leftBytes: leftBytes ?? missing * pieceBytes,
        })
      }),
    )
  }

  // A tracker that has gone is no reason to end the demo.
  const timer = setInterval(() => void announce().catch(() => {}), everyMs)
  return { announce, stop: () => clearInterval(timer) }
}
