/** Announces and readings, at a second of the run. */
import type { AnnounceReport, Evidence, Peer, Reading } from "../../src/evidence.ts"
import { anAnnounce, anEvidence, aSeeder, at, aTorrent, aTracker } from "./builders.ts"

export const peerId = "2d5452333030302d616263646566676869303132"
export const ourPeerId = `2d5441303130302d${"f".repeat(24)}`
export const address = "203.0.113.9:6881"
export const pieceBytes = 64 * 1024
export const pieceCount = 200
export const sizeBytes = pieceCount * pieceBytes

export const aReport = (seconds: number, overrides: Partial<AnnounceReport> = {}): AnnounceReport => ({
  at: at(seconds * 1_000),
  address,
  peerId,
  event: "update",
  uploadedBytes: 0,
  downloadedBytes: 0,
  leftBytes: 0,
  ...overrides,
})

/** [second, pieces] of one visit, HAVE by HAVE; the last is its end. */
export function aReading(...seen: [number, number][]): Reading {
  const [[from, held], [to, heldThen]] = [seen[0] ?? ([0, 0] as const), seen.at(-1) ?? ([0, 0] as const)]
  return {
    fromMs: from * 1_000,
    toMs: to * 1_000,
    fromCount: held,
    toCount: heldThen,
    gained: heldThen - held,
    withdrawn: 0,
    gone: null,
    peerId,
    events: seen.map(([seconds, count]) => ({ atMs: seconds * 1_000, count })),
  }
}

export const aVisited = (readings: Reading[], overrides: Partial<Peer> = {}): Peer =>
  aSeeder(9, { peerId, readings, ...overrides })

const oneFile = [{ path: "a", sizeBytes, firstPiece: 0, lastPiece: pieceCount - 1, pad: false }]

/** Our own announce is in the log, so that the clocks are known to agree within a second. */
export const reported = (
  reports: readonly AnnounceReport[],
  peers: Peer[],
  overrides: Partial<Evidence> = {},
): Evidence =>
  anEvidence({
    torrent: aTorrent({ private: true, sizeBytes, pieceBytes, pieceCount, files: oneFile }),
    trackers: [aTracker({ announces: [anAnnounce({ atMs: 0, ms: 40 })] })],
    peers,
    announceLog: {
      reports: [
        ...reports,
        aReport(0.02, { address: "198.51.100.1:51413", peerId: ourPeerId, event: "started" }),
      ].toSorted((a, b) => (a.at < b.at ? -1 : 1)),
      lines: reports.length + 1,
      unreadable: 0,
      dropped: 0,
    },
    ...overrides,
  })
