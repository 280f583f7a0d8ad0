/** Snapshots of strangers: what would take the audits for ever is refused before they begin. */
import { expect, test } from "vitest"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Snapshot } from "../../src/report.ts"
import { validSnapshot } from "../../src/store/snapshot-file.ts"
import { anAnnounce, anEvidence, aSeeder, aTorrent, aTracker } from "../support/builders.ts"

const ours = (): Snapshot => snapshotOf(anEvidence())
const refused = (snapshot: unknown) => {
  try {
    validSnapshot("x.json", snapshot)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return null
}

test("ours is read", () => {
  expect(refused(ours())).toBeNull()
})

test.each<[string, (snapshot: Snapshot) => unknown, string]>([
  [
    "files that overlap",
    (snapshot) => ({
      ...snapshot,
      torrent: aTorrent({
        files: Array.from({ length: 1_000 }, (_, n) => ({
          path: `${n}`,
          sizeBytes: 1,
          firstPiece: 0,
          lastPiece: 15,
          pad: false,
        })),
      }),
    }),
    "torrent.files: they overlap",
  ],
  [
    "more pieces than any torrent has",
    (snapshot) => ({ ...snapshot, torrent: aTorrent({ pieceCount: 2 ** 40 }) }),
    "torrent.pieceCount: Too big",
  ],
  [
    "1,001 trackers",
    (snapshot) => ({ ...snapshot, trackers: Array.from({ length: 1_001 }, () => aTracker()) }),
    "trackers: Too big",
  ],
  [
    "1,001 announces",
    (snapshot) => ({
      ...snapshot,
      trackers: [aTracker({ announces: Array.from({ length: 1_001 }, () => anAnnounce()) })],
    }),
    "trackers.0.announces: Too big",
  ],
  [
    "a name of a megabyte",
    (snapshot) => ({ ...snapshot, torrent: aTorrent({ name: "n".repeat(2 ** 20) }) }),
    "torrent.name: Too big",
  ],
  [
    "a peer at 1,001 addresses",
    (snapshot) => ({
      ...snapshot,
      peers: [aSeeder(1, { alsoAt: Array.from({ length: 1_001 }, (_, n) => `203.0.113.1:${n + 1}`) })],
    }),
    "peers.0.alsoAt: Too big",
  ],
])("%s: refused, and said where", (_, change, where) => {
  expect(refused(change(ours()))).toContain(where)
})

test("evidence of a finding nested beyond any stack: refused", () => {
  let nested: unknown[] = []
  for (let depth = 0; depth < 200_000; depth++) nested = [nested]
  const snapshot = ours()
  const [first, ...others] = snapshot.findings
  expect(refused({ ...snapshot, findings: [{ ...first, evidence: { nested } }, ...others] })).toContain(
    "nested too deeply",
  )
})
