/** What earlier runs saw, said in a few words. */
import type { Earlier, PeerReading, TrackerReading } from "../../src/evidence.ts"
import { countPieces, emptyBitfield, setPiece, toBase64 } from "../../src/torrent/bitfield.ts"
import { pieceCount, startedAt, trackerUrl } from "./builders.ts"

const minuteMs = 60_000

/** The time of the n-th run before this one: they are ten minutes apart. */
export const runBefore = (n: number): string =>
  new Date(Date.parse(startedAt) - n * 10 * minuteMs).toISOString()

/** Of the n-th run before this one: it held these pieces, and no fewer when the visit began. */
export function aReading(
  n: number,
  pieces: readonly number[],
  overrides: Partial<PeerReading> = {},
  of = pieceCount,
): PeerReading {
  const bits = emptyBitfield(of)
  for (const piece of pieces) setPiece(bits, piece)
  const haveCount = countPieces(bits)
  return {
    at: new Date(Date.parse(runBefore(n)) + minuteMs).toISOString(),
    peerId: null,
    client: "Transmission 4.0.6",
    uploadOnly: null,
    haveCount,
    fromCount: haveCount,
    bitfield: haveCount === 0 || haveCount === of ? null : toBase64(bits),
    ...overrides,
  }
}

export const aTrackerReading = (n: number, overrides: Partial<TrackerReading> = {}): TrackerReading => ({
  at: runBefore(n),
  by: "announce",
  seeders: 2,
  leechers: 1,
  downloads: 10,
  selfCount: 1,
  minIntervalMs: null,
  listed: null,
  ...overrides,
})

/** Readings of each peer, by the last octet of its address, oldest first; as many runs as the longest of them. */
export function anEarlier(
  peers: Record<number, readonly PeerReading[]>,
  readings: readonly TrackerReading[] = [],
): Earlier {
  const runs = Math.max(1, ...Object.values(peers).map((each) => each.length))
  return {
    runs: Array.from({ length: runs }, (_, i) => ({ at: runBefore(runs - i), durationMs: minuteMs })),
    peers: Object.entries(peers).map(([host, each]) => ({
      address: `203.0.113.${host}:6881`,
      readings: [...each],
    })),
    trackers: readings.length > 0 ? [{ url: trackerUrl, readings: [...readings] }] : [],
  }
}
