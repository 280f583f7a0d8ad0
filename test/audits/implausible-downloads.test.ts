import { expect, test } from "vitest"
import { implausibleDownloads } from "../../src/audits/implausible-downloads.ts"
import { anAnnounce, anEvidence, aTorrent, aTracker, trackerUrl } from "../support/builders.ts"

const GiB = 1024 ** 3
/** Counts of downloads, a minute apart, of 50 GiB: 0.43 s at 10 Gbit/s for the last hundredth. */
const judge = (downloads: readonly (number | null)[], leechers: number | null = 40, sizeBytes = 50 * GiB) =>
  implausibleDownloads.judge(
    anEvidence({
      torrent: aTorrent({ sizeBytes }),
      trackers: [
        aTracker({
          announces: downloads.map((count, i) =>
            anAnnounce({ atMs: 60_000 * i, downloads: count, leechers }),
          ),
        }),
      ],
    }),
  )

test("a rise that takes more leechers than it ever claims, again and again, accuses", () => {
  const [found] = judge([0, 60_000, 120_000, 180_000])
  expect(found).toMatchObject({
    verdict: "warn",
    subject: `tracker:${trackerUrl}`,
    claimed: "180000 downloads",
    because: expect.stringContaining("429 leechers"),
  })
  expect(found?.pValue).toBeLessThan(1e-9)
})

test.each<[string, Parameters<typeof judge>, string]>([
  ["as many as its leechers could carry", [[0, 5_000, 10_000, 15_000]], "pass"],
  ["the same rise of a small torrent", [[0, 60_000, 120_000, 180_000], 40, GiB / 10], "pass"],
  ["one jump: a restored backup, or another machine", [[0, 10, 900_000, 900_010, 900_020]], "inconclusive"],
  ["two", [[0, 900_000, 1_800_000, 1_800_010]], "inconclusive"],
  ["a restart in between", [[0, 60_000, 120_000, 0, 60_000, 120_000]], "inconclusive"],
  ["a tracker that claims no leechers", [[0, 60_000, 120_000, 180_000], null], "inconclusive"],
  ["one reading", [[60_000]], "skipped"],
  ["no count", [[null, null, null, null]], "skipped"],
])("nobody is accused for %s", (_, args, verdict) => {
  expect(judge(...args)).toMatchObject([{ verdict, subject: "swarm" }])
})
